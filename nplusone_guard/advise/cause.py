"""From findings to causes: what one line mends is one finding, with the rest nested in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nplusone_guard.advise.chain import is_whole
from nplusone_guard.advise.lineage import Lineage, lineage
from nplusone_guard.advise.lookups import beyond_generic, path_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nplusone_guard.finding import Finding
    from nplusone_guard.trace import QueryGroup, Trace

#: Reads of a relation that a prefetch of the whole relation serves from memory.
SERVED = frozenset({"count", "exists"})


@dataclass(frozen=True, slots=True)
class Member:
    """A finding with the way to its rows."""

    finding: Finding
    index: int
    lineage: Lineage

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
        if access is None or access.step is None:
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

    def finding(self) -> Finding:
        """The lead, with the others nested in it."""
        path = self.lead.lineage.path
        behind = self.behind
        nested = tuple(
            replace(
                member.finding,
                path=f"{path}__{member.lineage.path}" if member in behind else member.lineage.path,
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
    members = [
        Member(finding, number, lineage(trace, number, repeated)) for finding, number in numbered
    ]
    loaded = {
        (member.lineage.origin, member.lineage.path)
        for member in members
        if member.loads and member.lineage.origin is not None
    }
    found: dict[object, Cause] = {}
    for member in members:
        found.setdefault(_key(member, repeated, loaded, trace), Cause()).members.append(member)
    for key, cause in found.items():
        cause.members.sort(
            key=lambda member: (
                key != ("alone", member.index),
                len(member.lineage.steps),
                not member.loads,
                member.index,
            )
        )
    return list(found.values())


def _key(  # noqa: PLR0911  a case a remedy
    member: Member,
    repeated: set[int],
    loaded: set[tuple[int, str]],
    trace: Trace,
) -> object:
    way = member.lineage
    root = trace.groups[way.origin] if way.origin is not None else None
    if way.origin in repeated and root is not None and root.access and root.access.relation:
        return ("alone", way.origin)
    for number in (*way.ancestors, member.index):
        if number in repeated and trace.groups[number].chained:
            return ("alone", number)
    if member.operation == "deferred column":
        return ("columns", way.origin, way.path, None if way.origin is not None else member.index)
    above = [number for number in way.ancestors if number in repeated]
    top = above[0] if above else member.index
    if way.origin is None:
        return ("unknown", top)
    generic, rest = beyond_generic(way.steps)
    if rest and len(lineage(trace, top, repeated).steps) > len(generic):
        # One prefetch of a generic key takes the querysets for all that it leads to.
        return ("load", way.origin, path_of(generic))
    if top == member.index:
        by_itself = not member.loads and not (member.served and (way.origin, way.path) in loaded)
        return ("alone", member.index) if by_itself else ("load", way.origin, way.path)
    return ("load", way.origin, lineage(trace, top, repeated).path)
