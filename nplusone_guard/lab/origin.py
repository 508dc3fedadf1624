"""Where a queryset is evaluated: the same place in the trace and while an experiment runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import EmptyResultSet

from nplusone_guard.capture.callsite import find, view_of
from nplusone_guard.capture.field import FieldKey, describe
from nplusone_guard.shape import fold

if TYPE_CHECKING:
    from types import FrameType

    from nplusone_guard.trace import CallSite, QueryGroup

#: The call path and the field.
Place = tuple[tuple["CallSite", ...], str]


class Origin(NamedTuple):
    """What tells one queryset of a call from the others.

    ``path``: the call path within the project; ``field``: the field that was rendered;
    ``shape``: the id of its statement's shape.
    """

    database: str
    path: tuple[CallSite, ...]
    field: str
    shape: str

    @property
    def place(self) -> Place:
        """Without the statement."""
        return self.path, self.field


def origin_of(group: QueryGroup) -> Origin:
    """The origin of a group of a trace."""
    field = group.field.text if group.field else ""
    return Origin(group.database, group.path, field, group.shape.id)


def place_of(frame: FrameType | None) -> Place:
    """The place of a queryset that is evaluated by ``frame``."""
    found = find(frame)
    keys = [each for each in found.path if isinstance(each, FieldKey)]
    field = describe(keys, view_of(found.outer)) if keys else None
    sites = tuple(each.site() for each in found.path if not isinstance(each, FieldKey))
    return sites, field.text if field else ""


def origin_at(queryset: Any, place: Place) -> Origin | None:
    """The origin of a queryset that is evaluated at a place; ``None`` where it runs no query."""
    statement = statement_of(queryset)
    if statement is None:
        return None
    return Origin(queryset.db, *place, fold(statement).shape.id)


def statement_of(queryset: Any) -> str | None:
    """The SQL with placeholders.  Raises what a query that can't be compiled raises."""
    raw = getattr(queryset, "raw_query", None)
    if raw is not None:
        return str(raw)
    try:
        sql, _ = queryset.query.clone().get_compiler(using=queryset.db).as_sql()
    except EmptyResultSet:
        return None
    return str(sql)
