"""Django's frames → :class:`Access`: which operation, model and relation ran a query.

Reads the local variables of frames between the wrapper and the project's code; patches nothing
and runs no query.  The names of functions and of their locals are Django's, 5.2 to 6.1; where a
version differs, the sign says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import Model, QuerySet

from nplusone_guard.capture.code import known, learn
from nplusone_guard.capture.descriptors import DESCRIPTORS, default_manager, hangs_on, label
from nplusone_guard.capture.related import from_queryset
from nplusone_guard.capture.rows import relation_step, remote_name, steps_along
from nplusone_guard.trace import Access, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import FrameType

_QUERYSET = "QuerySet."
#: QuerySet methods → operation; the outermost one on the stack names what the code asked for.
_OPERATIONS: Final = {
    "get": "get",
    "first": "first",
    "last": "last",
    "earliest": "first",
    "latest": "last",
    "count": "count",
    "exists": "exists",
    "contains": "exists",
    "aggregate": "aggregate",
    "_update": "update",
    "update": "update",
    "delete": "delete",
    "_raw_delete": "delete",
    "create": "insert",
    "bulk_create": "insert",
    "bulk_update": "update",
    "get_or_create": "get",
    "update_or_create": "get",
    "in_bulk": "in_bulk",
    "_fetch_all": "iterate",
    "_iterator": "iterate",
    "explain": "explain",
}
_COMPILERS: Final = {
    "SQLInsertCompiler.execute_sql": "insert",
    "SQLUpdateCompiler.execute_sql": "update",
    "SQLDeleteCompiler.execute_sql": "delete",
}
_ORM: Final = ("django/db/models/", "django/contrib/contenttypes/")


class Sighting(NamedTuple):
    """An access with what must not outlive the moment: the instance it hangs on, its queryset.

    ``via``: the relations from the instance to the one that it hangs on directly.
    """

    access: Access
    instance: Model | None = None
    queryset: Any = None
    via: tuple[Step, ...] = ()


class _Seen:
    """What a walk from the wrapper outward has met so far."""

    __slots__ = (
        "compiled",
        "locals",
        "method",
        "operation",
        "prefetch",
        "queryset",
        "refresh",
        "save",
    )

    def __init__(self) -> None:
        self.queryset: Any = None
        self.operation: str | None = None
        self.locals: Mapping[str, Any] = {}  # those of the method that named the operation
        self.compiled: Access | None = None
        self.method: str | None = None
        self.refresh: Any = None
        self.save: Mapping[str, Any] | None = None
        self.prefetch: Sighting | None = None


def look(start: FrameType | None, stop: FrameType | None) -> Sighting:
    """The access behind the query whose wrapper was called from ``start``.

    Looks outward as far as ``stop``, the innermost frame of the project.  Where no frame of the
    ORM is between them it is raw SQL through a cursor.
    """
    sighting = _look(start, stop)
    if sighting.access.relation is not None and _is_making_a_row(stop):
        return sighting._replace(access=replace(sighting.access, early=True))
    return sighting


def _look(start: FrameType | None, stop: FrameType | None) -> Sighting:
    seen = _Seen()
    frame = start
    while frame is not None and frame is not stop:
        code = frame.f_code
        info = known(id(code)) or learn(code)
        path, name = info.framework_path, code.co_qualname
        if path is not None and path.startswith(_ORM):
            # Manager's copy of a queryset's method; what asynchronous iteration runs in a thread.
            if code.co_name not in {"manager_method", "next_slice"}:
                seen.method = code.co_name
            descriptor = DESCRIPTORS.get((path, name))
            if descriptor is not None:
                names = frame.f_locals
                queryset = seen.prefetch.queryset if seen.prefetch else seen.queryset
                access = descriptor(names)
                if access.generic and queryset is not None:
                    access = replace(access, model=label(queryset.model))
                return Sighting(access, hangs_on(names), queryset)
            if path == "django/db/models/query.py":
                if name == "prefetch_one_level":
                    # Perhaps for a descriptor further out: Django 6.1's FETCH_PEERS.
                    seen.prefetch = seen.prefetch or _prefetch(frame, seen.queryset)
                else:
                    _note_queryset(seen, frame, name)
            elif path == "django/db/models/base.py":
                if name == "Model.refresh_from_db":
                    seen.refresh = frame.f_locals.get("self")
                elif name == "Model.save_base":
                    seen.save = frame.f_locals
            elif path == "django/db/models/deletion.py" and name.startswith("Collector."):
                # What the collector reads and deletes on the way belongs to the delete.
                seen.operation = "delete"
            elif path == "django/db/models/sql/compiler.py" and seen.compiled is None:
                seen.compiled = _compiled(frame.f_locals, name)
        frame = frame.f_back
    return _settled(seen, _frames(start, stop))


#: How far out of the project's code a row in the making is looked for: a signal's frames.
_MAKING = 8


def _is_making_a_row(frame: FrameType | None) -> bool:
    """Whether the project's code is called while a queryset makes a row of what it fetched."""
    left = _MAKING
    while frame is not None and left:
        info = known(id(frame.f_code)) or learn(frame.f_code)
        if info.framework_path == "django/db/models/query.py":
            return frame.f_code.co_qualname.endswith("ModelIterable.__iter__")
        if info.framework_path is not None:
            left -= 1
        frame = frame.f_back
    return False


def _note_queryset(seen: _Seen, frame: FrameType, name: str) -> None:
    if name.startswith("RawQuerySet."):
        seen.operation = "raw"
        seen.queryset = frame.f_locals.get("self")
        return
    if name.endswith("Iterable.__iter__") and seen.queryset is None:
        # Of an aiterator(), whose own frame waits for this thread, no other frame is here.
        seen.queryset = getattr(frame.f_locals.get("self"), "queryset", None)
        seen.operation, seen.method = "iterate", "aiterator"
        return
    if not name.startswith(_QUERYSET):
        return
    method = name[len(_QUERYSET) :]
    operation = _OPERATIONS.get(method)
    if operation is None:
        return
    if seen.operation != "delete":
        seen.operation = operation
    if method in {"aggregate", "get", "update"}:
        seen.locals = frame.f_locals
    found = frame.f_locals.get("self")
    if seen.queryset is None and isinstance(found, QuerySet):
        seen.queryset = found  # never tested for truth: that would run it


def _frames(start: FrameType | None, stop: FrameType | None) -> Iterator[FrameType]:
    frame = start
    while frame is not None:
        yield frame
        frame = frame.f_back if frame is not stop else None


def _settled(seen: _Seen, frames: Iterable[FrameType]) -> Sighting:  # noqa: PLR0911  a case an operation
    if seen.prefetch is not None:
        return seen.prefetch
    if seen.refresh is not None:
        model = label(type(seen.refresh))
        return Sighting(Access("refresh", model=model, method="refresh_from_db"))
    if seen.save is not None:
        return _saved(seen, seen.save)
    if seen.operation == "delete" and seen.compiled is not None:
        # One statement of several that a delete() takes; the model is the statement's own.
        through = _through_relation(seen, "delete")
        model, method = seen.compiled.model, seen.method or "delete"
        return Sighting(through or Access("delete", model=model, method=method))
    if seen.operation == "raw":
        access = Access("raw", model=label(seen.queryset.model), method="raw")
        return Sighting(access, None, seen.queryset)
    through = _through_relation(seen, "insert") if seen.operation == "insert" else None
    if through is not None:
        return Sighting(through, None, seen.queryset)
    if seen.queryset is not None and seen.operation is not None:
        access, instance = from_queryset(
            seen.queryset, seen.operation, seen.locals, seen.method, frames
        )
        return Sighting(access, instance, seen.queryset)
    return Sighting(seen.compiled or Access("raw"))


def _through_relation(seen: _Seen, operation: str) -> Access | None:
    """Rows of a many-to-many relation's own table: written to the relation, not to a model."""
    model = getattr(seen.queryset, "model", None)
    owner = model._meta.auto_created if model is not None else None  # noqa: SLF001
    if not owner:
        return None
    for field in owner._meta.local_many_to_many:  # noqa: SLF001
        if field.remote_field.through is model:
            relation = f"{label(owner)}.{field.name}"
            return Access(operation, label(model), relation, field.name, method=seen.method)
    return None


def _saved(seen: _Seen, names: Mapping[str, Any]) -> Sighting:
    """What ``Model.save()`` ran: an insert, or an update of the columns it was given."""
    operation = seen.compiled.operation if seen.compiled is not None else seen.operation
    chosen = names.get("update_fields") or ()
    return Sighting(
        Access(
            "update" if operation in {"update", "select"} else operation or "update",
            model=label(type(names.get("self"))),
            method=seen.method,
            manager=default_manager(type(names.get("self"))),
            columns=tuple(sorted(map(str, chosen))),
        )
    )


def _compiled(names: Mapping[str, Any], name: str) -> Access | None:
    operation = _COMPILERS.get(name)
    if operation is None and name != "SQLCompiler.execute_sql":
        return None
    query = getattr(names.get("self"), "query", None)
    return Access(operation or "select", model=label(getattr(query, "model", None)))


def _prefetch(frame: FrameType, queryset: Any) -> Sighting:
    names = frame.f_locals
    lookup, level = names["lookup"], names["level"]
    instances = names.get("instances") or ()
    first = instances[0] if instances else None
    if not isinstance(first, Model):
        return Sighting(Access("prefetch"), None, queryset)
    name = lookup.prefetch_through.split("__")[level]
    attribute = lookup.get_current_to_attr(level)[0]
    step = relation_step(type(first), name)
    access = Access(
        "prefetch",
        model=label(queryset.model) if queryset is not None else None,
        relation=f"{label(type(first))}.{name}",
        lookup=attribute,
        instance_model=label(type(first)),
        many=step.many,
        generic=step.generic,
        method="prefetch_related",
        remote=remote_name(type(first), name),
    )
    # Two levels may load the same rows: the lookup tells what the instances alone do not.
    caller = frame.f_back
    roots = caller.f_locals.get("model_instances") if caller is not None else None
    if level and roots and isinstance(roots[0], Model):
        via = steps_along(type(roots[0]), lookup.prefetch_to.split("__")[:level])
        if via is not None:
            return Sighting(access, roots[0], queryset, via)
    return Sighting(access, first, queryset)
