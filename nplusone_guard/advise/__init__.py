"""From findings to what to type: one finding a cause, its origin, its path and its fix.

Where the evidence does not reach, a finding says what it knows and proposes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from nplusone_guard.advise.cause import Cause, causes
from nplusone_guard.advise.fix import evaluated_at, n_plus_one_fix
from nplusone_guard.advise.on_class import Advised, on_class
from nplusone_guard.advise.onward import followed_on
from nplusone_guard.advise.others import duplicate_fix, slow_fix, unbounded_fix
from nplusone_guard.advise.reasons import reason
from nplusone_guard.advise.together import Together
from nplusone_guard.advise.writes import write_causes, writes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nplusone_guard.finding import Finding
    from nplusone_guard.trace import Trace

__all__ = ["Patience", "advise"]


class Patience:
    """How long advice may take; ``ran_out`` says that some findings got none for that."""

    def __init__(self, seconds: float | None) -> None:
        self._until = None if seconds is None else perf_counter() + seconds
        self.ran_out = False

    def lasts(self) -> bool:
        """Whether there is time for one more."""
        if self._until is not None and perf_counter() > self._until:
            self.ran_out = True
        return not self.ran_out


def advise(
    findings: Iterable[Finding], trace: Trace, patience: Patience | None = None
) -> tuple[Finding, ...]:
    """The causes behind the findings, the one whose fix saves most time first."""
    patience = patience or Patience(None)
    advised: list[Finding] = []
    written: list[Finding] = []
    loops: list[Finding] = []
    for finding in findings:
        if finding.kind == "write_loop":
            written.append(finding)
        elif finding.kind == "n_plus_one":
            unrelated = finding.relation is None or writes(finding.group)
            (written if unrelated else loops).append(finding)
        elif finding.kind == "duplicate":
            advised.append(replace(finding, fix=duplicate_fix(finding)))
        elif finding.kind == "slow":
            advised.append(replace(finding, fix=slow_fix(finding)))
        else:
            advised.append(replace(finding, fix=unbounded_fix(finding)))
    for finding in write_causes(written):
        (advised if finding.kind == "write_loop" else loops).append(finding)
    loops, trace = followed_on(loops, trace)
    found = causes(loops, trace)
    together = Together(found, trace)
    told: dict[int, list[Advised]] = {}
    for number in sorted(range(len(found)), key=lambda number: -found[number].total_ms):
        cause = found[number]
        told[number] = (
            _advised(cause, trace, together)
            if patience.lasts()
            else [Advised(cause.finding(), None)]
        )
    advised += on_class([each for number in range(len(found)) for each in told[number]])
    return tuple(sorted(advised, key=_urgency))


def _advised(cause: Cause, trace: Trace, together: Together) -> list[Advised]:
    """A finding of the cause; two where nothing is known against its lead, but for the rest."""
    fix = n_plus_one_fix(cause, trace, together)
    if fix is None and cause.behind:
        alone, rest = Cause(cause.members[:1]), Cause(cause.members[1:])
        return [each for part in (alone, rest) for each in _advised(part, trace, together)]
    fix = fix or reason(cause.lead)
    number = cause.lead.lineage.origin
    root = trace.groups[number] if number is not None else None
    origin = evaluated_at(cause, trace)
    finding = replace(cause.finding(), origin=origin, fix=fix, root=root)
    access = finding.group.access
    if finding.group.chained and access is not None and not access.many:
        finding = replace(finding, severity="info")
    return [Advised(finding, root)]


def _urgency(finding: Finding) -> tuple[bool, float]:
    """By what a fix may save: all but one execution at each level."""
    saved = sum(each.db_ms * (1 - 1 / max(each.count, 1)) for each in finding.walk())
    return finding.severity == "info", -saved
