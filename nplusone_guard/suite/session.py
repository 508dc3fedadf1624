"""One process of a run of tests: which test sends requests now, and which of them must fail."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING, Literal

from nplusone_guard.errors import BudgetExceeded
from nplusone_guard.report.words import counted
from nplusone_guard.suite.budgets import name_of
from nplusone_guard.suite.run import Run, Seen, keyed

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from nplusone_guard.allow import Allowance
    from nplusone_guard.budget import Budget
    from nplusone_guard.report import Report

Mode = Literal["off", "report", "fail"]
#: The name of what sends a request while no test runs.
OUTSIDE = "(outside a test)"


@dataclass(frozen=True, slots=True)
class Sender:
    """The test that sends a request, the request's number in it, and what it accepts."""

    test: str
    number: int
    accepted: tuple[Allowance, ...]


@dataclass(slots=True)
class Session:
    """Observes each request, records it, and keeps what the test must fail with.

    ``known``: the ids of findings that a baseline accepts.  ``budgets``: recorded budgets by
    ``"METHOD route"``; a request over its own fails its test.  ``keep``: whether ``reports`` holds
    those of the test that runs.
    """

    mode: Mode
    known: Container[str] = ()
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    run: Run = field(default_factory=Run)
    keep: bool = False
    reports: list[Report] = field(default_factory=list)
    _test: str = OUTSIDE
    _number: int = 0
    _failures: dict[tuple[object, ...], tuple[str, int]] = field(default_factory=dict)
    _accepted: tuple[Allowance, ...] = ()
    _lock: RLock = field(default_factory=RLock)

    def begin(self, test: str, accepted: Iterable[Allowance] = ()) -> None:
        """A test begins; what ``accepted`` covers is suppressed in its requests."""
        with self._lock:
            self._test = test
            self._number = 0
            self._accepted = tuple(accepted)
            self.reports = []

    def end(self) -> None:
        """The test is over."""
        self.begin(OUTSIDE)

    def sender(self) -> Sender:
        """The test that runs."""
        with self._lock:
            self._number += 1
            return Sender(self._test, self._number, self._accepted)

    def observe(self, report: Report, sender: Sender, *, may_raise: bool) -> None:  # noqa: ARG002
        """Record a request; nothing is raised here: the test may send more.

        One that outlasts its test counts to that test; where it is wrong, the one that runs now
        fails and says whose it is.
        """
        with self._lock:
            trace = report.trace
            recorded = self.budgets.get(name_of(trace.method, trace.route) or "")
            over = recorded is not None and _is_over(report, recorded)
            self.run.record(Seen(report, sender.test, sender.number))
            self.run.declare(sender.accepted)
            late = sender.test != self._test
            if self.keep and not late:
                self.reports.append(report)
            new = self._new(report)
            if over or (self.mode == "fail" and (new or report.violations)):
                broken = [violation.limit for violation in report.violations]
                what = (late and sender.test, trace.method, trace.route, *new, *broken)
                text, count = self._failures.get(what, ("", 0))
                head = f"A request of {sender.test}, which is over:\n" if late else ""
                self._failures[what] = text or f"{head}{report}", count + 1

    def _new(self, report: Report) -> list[str]:
        return sorted(
            key
            for key, finding in keyed(report.findings)
            if finding.severity == "error" and key not in self.known
        )

    def failures(self) -> list[str]:
        """The reports that the test must fail with, since it was last asked.

        Of requests that are wrong in the same way there is one, and their number.
        """
        with self._lock:
            failures, self._failures = self._failures, {}
        return [
            text if count == 1 else f"{text}\nand {counted(count - 1, 'more request')} like it"
            for text, count in failures.values()
        ]


def _is_over(report: Report, budget: Budget) -> bool:
    try:
        report.judge(budget)
    except BudgetExceeded:
        return True
    return False
