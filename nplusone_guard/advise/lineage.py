"""Where the rows of a group came from: the root queryset, and the relations from it.

What the recorder knows by identity comes first; for an instance it did not see (rows of an
iterator, or beyond those it remembers) the only earlier SELECT of its model of which it does not
remember all rows.  With two candidates nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nplusone_guard.advise.chain import is_whole
from nplusone_guard.trace import LOOKS, REMEMBERED_ROWS

if TYPE_CHECKING:
    from collections.abc import Container

    from nplusone_guard.trace import Access, QueryGroup, Step, Trace

#: Operations whose queryset is written in the project's code, where a call can be added to it.
_WRITTEN = frozenset({"iterate", "get", "first", "last", "in_bulk", "raw", "filter"})
_ITERATORS = frozenset({"iterator", "_iterator", "aiterator"})
_RELATION = frozenset({"lazy reverse", "lazy many-to-many"})


@dataclass(frozen=True, slots=True)
class Lineage:
    """The way from a root queryset to a group.

    ``origin``: index of the group of the root queryset; ``None`` where the evidence ends before.
    ``steps``: the relations from its rows up to and with the group's own.  ``ancestors``: the
    groups between, outermost first.
    """

    origin: int | None
    steps: tuple[Step, ...]
    ancestors: tuple[int, ...] = ()

    @property
    def path(self) -> str:
        """As ``prefetch_related`` takes it."""
        return "__".join(step.lookup for step in self.steps)


def lineage(trace: Trace, index: int, repeated: Container[int]) -> Lineage:
    """The lineage of a group; ``repeated`` are the indexes of groups that are findings."""
    group = trace.groups[index]
    step = group.access.step if group.access is not None else None
    steps: tuple[Step, ...] = (step,) if step is not None else ()
    ancestors: list[int] = []
    seen = {index}
    further = iter(group.ancestors)
    parent, via = next(further, None) or _parent(trace, index)
    while parent is not None and parent not in seen:
        seen.add(parent)
        steps = (*via, *steps)
        above = trace.groups[parent]
        if holds_code(above, repeated=parent in repeated):
            return Lineage(parent, steps, tuple(reversed(ancestors)))
        ancestors.append(parent)
        if above.chained:
            break  # its rows hang on one another: how deep this one is, nothing tells
        step = above.access.step if above.access is not None else None
        if step is None:
            break
        steps = (step, *steps)
        parent, via = next(further, None) or _parent(trace, parent)
    return Lineage(None, steps, tuple(reversed(ancestors)))


def holds_code(group: QueryGroup, *, repeated: bool) -> bool:
    """Whether the project's code builds the group's queryset, so that a call can be added."""
    access = group.access
    if access is None:
        return False
    if access.relation is None:
        return access.operation in _WRITTEN
    # A related manager's queryset: only where it stands in code, not where a field renders it.
    # What a view's class evaluates outside of any field is what its code gave it.
    by_view = group.field is None and isinstance(group.view, type)
    by_code = group.site == group.path[0] if group.path else by_view
    if not by_code or access.operation not in _WRITTEN | _RELATION:
        return False
    # What a loop reads of a whole relation is a step on the way from the loop's queryset.
    return not repeated or not (access.operation in _RELATION or is_whole(group))


def _parent(trace: Trace, index: int) -> tuple[int | None, tuple[Step, ...]]:
    group = trace.groups[index]
    if group.ancestors:
        return group.ancestors[0]
    model = group.access.instance_model if group.access is not None else None
    if group.via:
        model = group.via[0].model
    if model is None or group.forked:
        return None, ()
    candidates = [
        number
        for number, other in enumerate(trace.groups[:index])
        if other.source is not None
        and other.access is not None
        and other.access.model == model
        and not (group.stray and _is_remembered(other, other.access))
    ]
    if len(candidates) > 1 and group.field is not None:
        # What a field offers to choose from is loaded where it is shown.
        fields = [trace.groups[number].field for number in candidates]
        candidates = [
            number
            for number, field in zip(candidates, fields, strict=True)
            if field is not None and field.text == group.field.text
        ]
    return (candidates[0], group.via) if len(candidates) == 1 else (None, ())


def _is_remembered(group: QueryGroup, access: Access) -> bool:
    """Whether the recorder knows all rows of a group."""
    return (
        access.method not in _ITERATORS
        and group.count <= LOOKS
        and group.peak_rows <= REMEMBERED_ROWS
    )
