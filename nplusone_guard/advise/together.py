"""What the fixes of one report do to each root queryset, so that they can be typed together."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from nplusone_guard.advise.columns import left_out_keys, loaded_columns
from nplusone_guard.advise.lookups import query_path
from nplusone_guard.advise.meta import has_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nplusone_guard.advise.cause import Cause, Member
    from nplusone_guard.trace import Trace


class Together:
    """Names that fixes give to attributes, relations they join, columns they call back.

    ``origin``, throughout: the index of the root queryset's group.
    """

    def __init__(self, causes: Iterable[Cause], trace: Trace) -> None:
        self._trace = trace
        self._taken: set[tuple[int | None, str]] = set()
        self._joins: Counter[int | None] = Counter()
        self._missing: dict[int | None, list[str]] = defaultdict(list)
        for cause in causes:
            self._add(cause)

    def _add(self, cause: Cause) -> None:
        origin = cause.lead.lineage.origin
        if cause.lead.operation in {"count", "aggregate"}:
            self._joins[origin] += 1
        if origin is None:
            return
        columns = [member for member in cause.members if member.operation == "deferred column"]
        self._missing[origin] += map(column_of, columns)
        paths = [member.lineage.steps for member in cause.members if member.loads]
        if paths and all(step.joinable for steps in paths for step in steps):
            self._missing[origin] += left_out_keys(self._trace.groups[origin].source, paths)

    def joins_once(self, origin: int | None) -> bool:
        """Whether no two fixes join a relation, to count or to add up."""
        return self._joins[origin] < 2  # noqa: PLR2004

    def free(self, member: Member, name: str) -> str:
        """The name, with a number where the objects that are to have it have it already.

        It may be another fix's, the model's own, or one that the queryset gives them.
        """
        origin = member.lineage.origin
        source = self._trace.groups[origin].source if origin is not None else None
        taken = {path.rpartition("__")[2] for path in source.ahead} if source is not None else set()
        taken.update(source.annotations if source is not None else ())
        model = member.lineage.steps[-1].model
        number, free = 1, name
        while (origin, free) in self._taken or free in taken or has_name(model, free):
            number += 1
            free = f"{name}_{number}"
        self._taken.add((origin, free))
        return free

    def columns(self, origin: int) -> str:
        """The call that loads all the columns that any fix needs: the last one typed would hold."""
        source = self._trace.groups[origin].source
        return loaded_columns(source, self._missing[origin]) if source is not None else ""


def column_of(member: Member) -> str:
    """The name of a deferred column, as ``only()`` takes it."""
    access = member.group.access
    path = query_path(member.lineage.steps)
    name = access.lookup if access is not None else None
    return f"{path}__{name}" if path else str(name)
