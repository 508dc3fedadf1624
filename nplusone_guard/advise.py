"""From a finding to what to type: the relation path from the root queryset, and the fix.

Where the evidence does not reach, nothing is proposed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nplusone_guard.finding import Fix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nplusone_guard.finding import Finding
    from nplusone_guard.trace import Access, FieldPath

_JOINABLE = frozenset({"lazy forward", "lazy one-to-one", "parent link"})
_PREFETCHABLE = frozenset({"lazy reverse", "lazy many-to-many"})


def advise(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with path and fix, as far as their access and field tell."""
    return tuple(_advised(finding) for finding in findings)


def _advised(finding: Finding) -> Finding:
    if finding.kind == "duplicate":
        return replace(
            finding,
            fix=Fix(code="", explain="Run it once and keep the result; nothing changed meanwhile."),
        )
    access = finding.group.access
    if access is None or access.lookup is None:
        return replace(finding, fix=_without_relation(access))
    path = relation_path(access, finding.group.field)
    return replace(finding, path=path, fix=_fix(access, path, finding.group.field))


def relation_path(access: Access, field: FieldPath | None) -> str | None:
    """The lookup from the root queryset, told by the serializer's source chain.

    Either the chain itself runs through the relation (``source="product.name"``), or the field
    computes its value from the serializer's own object, and the relation hangs on that.
    """
    if field is None or access.lookup is None:
        return None
    above = field.sources[: len(field.sources) - field.own]
    own = field.sources[len(above) :]
    if access.lookup in own:
        return "__".join((*above, *own[: own.index(access.lookup) + 1]))
    if field.model is not None and field.model == access.instance_model:
        return "__".join((*above, access.lookup))
    return None


def _fix(access: Access, path: str | None, field: FieldPath | None) -> Fix | None:
    lookup = path or access.lookup
    rows = access.instance_model or "its"
    place = (
        f"the queryset that {field.text.partition('.')[0]} is given"
        if path and field
        else f"the queryset that loads the {rows} rows"
    )
    if access.operation in _JOINABLE and not (path and field and field.many):
        return Fix(
            code=f'select_related("{lookup}")',
            explain=f"Add it to {place}: one join instead of a query per row.",
        )
    if access.operation in _JOINABLE | _PREFETCHABLE:
        return Fix(
            code=f'prefetch_related("{lookup}")',
            explain=f"Add it to {place}: one query for all rows.",
        )
    if access.operation == "deferred column":
        return Fix(
            code=f'only(..., "{lookup}")',
            explain=f"Add the column to only(), or take it out of defer(), on {place}.",
        )
    if access.operation == "generic key":
        return Fix(
            code=f'prefetch_related("{lookup}")',
            explain=f"Add it to {place}: one query for each type of object.",
        )
    if access.operation == "count":
        return Fix(
            code=f'annotate({access.lookup}_count=Count("{lookup}"))',
            explain=f"Add it to {place} and read the annotation instead of counting per row.",
        )
    return None


def _without_relation(access: Access | None) -> Fix | None:
    if access is not None and access.operation == "get" and access.model:
        model = access.model.rpartition(".")[2]
        return Fix(
            code=f"{model}.objects.in_bulk(ids)",
            explain="Collect the keys first, fetch all rows in one query, then look them up.",
        )
    return None
