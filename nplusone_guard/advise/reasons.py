"""What can be said of a read in a loop for which there is no code to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nplusone_guard.advise.lookups import class_name
from nplusone_guard.finding import Fix

if TYPE_CHECKING:
    from nplusone_guard.advise.cause import Member
    from nplusone_guard.trace import Access

_COMPUTED = frozenset({"count", "aggregate"})
_ROWS = frozenset({"filter", "get", "first", "last", "iterate", "exists"})


def reason(lead: Member) -> Fix | None:
    """Why nothing can be typed, and what spares the queries all the same."""
    access = lead.group.access
    if access is None or access.model is None or access.operation not in _COMPUTED | _ROWS:
        return None
    if access.relation is not None:
        return Fix(code="", explain=_related(lead, access))
    if not lead.group.path or lead.group.site != lead.group.path[0]:
        return None
    manager = f"{class_name(access.model)}.{access.manager}"
    if access.operation in _COMPUTED:
        explain = (
            f"It computes from {class_name(access.model)} rows once for each row of the loop: "
            f"{manager}.values(key).annotate(...) has the results of all in one query: look "
            "them up by key."
        )
    else:
        explain = (
            f"It asks for {class_name(access.model)} rows once for each row of the loop: ask for "
            "those of all rows before it, by several keys (__in), and look them up."
        )
    return Fix(code="", explain=explain)


def _related(lead: Member, access: Access) -> str:
    rows = class_name(access.instance_model)
    if access.operation in _COMPUTED and len(lead.lineage.steps) > 1:
        above = lead.lineage.steps[-2].lookup
        return (
            f"What is computed for each of the {rows} rows belongs to their own queryset: load "
            f'them with Prefetch("{above}", queryset={rows}.objects.annotate(...)), and read the '
            "annotation."
        )
    if access.operation in _COMPUTED:
        return (
            f"Annotate the queryset of the {rows} rows with what is computed of {access.lookup} "
            "(a Subquery where it depends on more than one relation), and read the annotation."
        )
    return (
        f"What it asks of {access.lookup} can't be asked ahead as it stands, or depends on each "
        f"row: prefetch the whole relation, and choose from .{access.lookup}.all() in Python."
    )
