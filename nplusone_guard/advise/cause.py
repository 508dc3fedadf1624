"""From findings to causes: what one line mends is one finding, with the rest nested in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nplusone_guard.advise.chain import is_whole
from nplusone_guard.advise.columns import left_out_keys
from nplusone_guard.advise.keys import key_instead
from nplusone_guard.advise.lineage import Lineage, lineage
from nplusone_guard.advise.lookups import beyond_generic, leads, path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nplusone_guard.finding import Finding, Fix
    from nplusone_guard.trace import QueryGroup, Trace

#: Reads of a relation that a prefetch of the whole relation serves from memory.
SERVED = frozenset({"count", "exists"})
_COLUMN = "deferred column"


@dataclass(frozen=True, slots=True)
class Member:
    """A finding with the way to its rows; ``key``: what reads a key in place of their object."""

    finding: Finding
    index: int
    lineage: Lineage
    key: Fix | None = None

    @property
    def group(self) -> QueryGroup:
        """The finding's group."""
        return self.finding.group

    @property
    def operation(self) -> str:
        """What the ORM was asked for."""
        access = self.group.access
        return access.operation if access is not None else "raw"

    @property
    def loads(self) -> bool:
        """Whether it loads a whole relation."""
        access = self.group.access
        if access is None or access.step is None or self.key is not None:
            return False
        if access.is_lazy or access.operation == "prefetch":
            return True
        return access.operation == "filter" and is_whole(self.group)

    @property
    def served(self) -> bool:
        """Whether a prefetch of its relation would answer it."""
        access = self.group.access
        return access is not None and access.operation in SERVED and is_whole(self.group)


@dataclass(slots=True)
class Cause:
    """Findings with one remedy; the first one leads."""

    members: list[Member] = field(default_factory=list)

    @property
    def lead(self) -> Member:
        """The finding that stands for all."""
        return self.members[0]

    @property
    def behind(self) -> list[Member]:
        """Those that hang on the rows which the lead reads of a relation."""
        return [member for member in self.members if member.lineage.origin == self.lead.index]

    @property
    def total_ms(self) -> float:
        """Milliseconds that all of them took."""
        return sum(member.finding.db_ms for member in self.members)

    def finding(self) -> Finding:
        """The lead, with the others nested in it."""
        path = self.lead.lineage.path
        behind = self.behind
        nested = tuple(
            replace(
                member.finding,
                path=f"{path}__{member.lineage.path}"
                if member in behind
                else member.lineage.path or None,
            )
            for member in self.members[1:]
        )
        return replace(self.lead.finding, nested=nested, path=path or None)


def causes(findings: Iterable[Finding], trace: Trace) -> list[Cause]:
    """The causes of N+1 findings, each with its outermost and first finding in the lead."""
    # By identity: two groups may be equal as data.
    index = {id(group): number for number, group in enumerate(trace.groups)}
    numbered = [(finding, index[id(finding.group)]) for finding in findings]
    repeated = {number for _, number in numbered}
    ways = {number: lineage(trace, number, repeated) for number in repeated}
    above = {number for way in ways.values() for number in (way.origin, *way.ancestors)}
    members = [
        # What something else hangs on is more than its key.
        Member(
            finding,
            number,
            ways[number],
            None if number in above else key_instead(trace, number, ways[number]),
        )
        for finding, number in numbered
    ]
    loaded: dict[int, list[str]] = {}
    for member in members:
        if member.loads and member.lineage.origin is not None:
            loaded.setdefault(member.lineage.origin, []).append(member.lineage.path)
    found: dict[object, Cause] = {}
    for member in members:
        alone = ("alone", member.index)
        key = _key(member, repeated, loaded, trace) if member.key is None else alone
        found.setdefault(key, Cause()).members.append(member)
    for key, cause in found.items():
        cause.members.sort(
            key=lambda member: (
                key != ("alone", member.index),
                len(member.lineage.steps),
                not member.loads,
                member.index,
            )
        )
    return _without_their_columns(list(found.values()), trace)


def _without_their_columns(found: list[Cause], trace: Trace) -> list[Cause]:
    """Columns that a join has to call back are no cause of their own: its fix loads them all."""
    joins: dict[int, Cause] = {}
    for cause in found:
        origin = cause.lead.lineage.origin
        paths = [member.lineage.steps for member in cause.members if member.loads]
        if (
            origin is not None
            and paths
            and all(step.joinable for steps in paths for step in steps)
            and not cause.lead.group.chained
            and left_out_keys(trace.groups[origin].source, paths)
        ):
            joins.setdefault(origin, cause)
    left = []
    for cause in found:
        lead = cause.lead
        join = joins.get(lead.lineage.origin) if lead.lineage.origin is not None else None
        if join is not None and lead.operation == _COLUMN and not lead.lineage.steps:
            join.members += cause.members
        else:
            left.append(cause)
    return left


def _key(
    member: Member,
    repeated: set[int],
    loaded: Mapping[int, Iterable[str]],
    trace: Trace,
) -> object:
    way = member.lineage
    for number in (*way.ancestors, member.index):
        if number in repeated and trace.groups[number].chained:
            return ("alone", number)
    if way.origin is None:
        above = [number for number in way.ancestors if number in repeated]
        return ("unknown", above[0] if above else member.index, member.operation == _COLUMN)
    root = trace.groups[way.origin]
    if way.origin in repeated and root.access is not None and root.access.relation is not None:
        return ("alone", way.origin)
    if member.operation == _COLUMN:
        return ("columns", way.origin, way.path)
    # What one prefetch reaches is one cause, and a generic key takes one for all it leads to.
    starts = [path for path in loaded.get(way.origin, ()) if leads(path, way.path)]
    key, rest = beyond_generic(way.steps)
    if rest:
        starts.append(path_of(key))
    if not (member.loads or (member.served and starts)):
        return ("alone", member.index)
    return ("load", way.origin, min(starts, key=len))
