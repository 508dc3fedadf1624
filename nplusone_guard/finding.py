"""Something wrong, and what to type against it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nplusone_guard.shape import Shape
    from nplusone_guard.trace import CallSite, QueryGroup

Kind = Literal[
    "n_plus_one", "duplicate", "write_loop", "slow", "unbounded", "unused_eager", "overfetch"
]
Severity = Literal["error", "warning", "info"]


Verdict = Literal[
    "proven", "no effect", "changes the result", "worse", "not comparable", "not tried"
]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call costs.

    ``queries``: executed statements; ``rows``: rows fetched; ``cells``: rows times columns read;
    ``ms``: milliseconds from its start to its end, the median of several runs.
    """

    queries: int
    rows: int
    cells: int
    ms: float


@dataclass(frozen=True, slots=True)
class Experiment:
    """What a run with a fix showed against the runs without it.

    ``code``: what was applied to the queryset; more than the fix's own code where a form of it
    was tried that costs less.  ``before`` and ``after`` are ``None`` where nothing could be run;
    ``reason`` says then why, and else what the verdict rests on.
    """

    verdict: Verdict
    code: str = ""
    before: Cost | None = None
    after: Cost | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Fix:
    """The code to type and the place to type it.

    ``alone``: the code ends the finding by itself; where it does not, the code that reads has to
    change too, as ``explain`` says.  ``proven`` is ``None`` until an experiment has been run;
    then what it showed.
    """

    code: str
    explain: str
    where: CallSite | None = None
    alone: bool = True
    proven: Experiment | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: what, how often, where, and (once advised) what to do.

    ``count``: executions it stands for.  ``db_ms``: milliseconds they took.  ``path``: the lookup
    from the root queryset (``"items__product"``).  ``origin``: where that queryset was evaluated
    or built.  ``id`` is made of route, shape and function, not of line numbers, so that it
    survives edits.

    ``nested``: what the same cause shows elsewhere, and is mended with it: the deeper levels of a
    nested N+1, further places of a duplicate.  ``root``: the group of the root queryset.
    """

    kind: Kind
    id: str
    count: int
    group: QueryGroup
    severity: Severity
    origin: CallSite | None = None
    path: str | None = None
    fix: Fix | None = None
    nested: tuple[Finding, ...] = ()
    root: QueryGroup | None = None

    def walk(self) -> Iterator[Finding]:
        """The finding and all that is nested in it, outermost first."""
        yield self
        for finding in self.nested:
            yield from finding.walk()

    @property
    def total(self) -> int:
        """Executions that it and all nested ones stand for."""
        return sum(finding.count for finding in self.walk())

    @property
    def total_ms(self) -> float:
        """Milliseconds that it and all nested ones took: what a fix may save."""
        return sum(finding.db_ms for finding in self.walk())

    @property
    def shape(self) -> Shape:
        """The statement's shape."""
        return self.group.shape

    @property
    def db_ms(self) -> float:
        """Milliseconds in execute and fetch."""
        return self.group.db_ms

    @property
    def location(self) -> CallSite | None:
        """The place that caused it."""
        return self.group.site

    @property
    def relation(self) -> str | None:
        """The relation, as ``app.Model.accessor``."""
        return self.group.access.relation if self.group.access else None

    @property
    def field_path(self) -> str | None:
        """The serializer field, as ``Serializer.field.field``."""
        return self.group.field.text if self.group.field else None


#: Functions of their own up to Python 3.11, part of the one around them since 3.12 (PEP 709).
_COMPREHENSIONS = re.compile(r"(?:\.<locals>)?\.?<(?:list|set|dict)comp>")


def finding_id(kind: Kind, route: str | None, group: QueryGroup) -> str:
    """Sixteen hex digits that name a finding across runs, machines and edits."""
    function = _COMPREHENSIONS.sub("", group.site.function) or "<module>" if group.site else ""
    field = group.field.text if group.field else ""
    text = "\x1f".join((kind, route or "", group.shape.id, function, field))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
