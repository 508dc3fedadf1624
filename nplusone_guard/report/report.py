"""The report: the end of the pipeline, read by people, tests and other tools."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nplusone_guard.errors import BudgetExceeded, NPlusOneDetected

if TYPE_CHECKING:
    from collections.abc import Callable

    from nplusone_guard.allow import Allowance
    from nplusone_guard.budget import Budget, BudgetViolation
    from nplusone_guard.finding import Finding
    from nplusone_guard.trace import QueryGroup, Trace


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that an allowance covers."""

    finding: Finding
    allowance: Allowance


@dataclass(frozen=True, slots=True)
class Assessment:
    """A trace with what was found in it and how it was judged.

    ``duplicates``: executions that repeated an earlier one's SQL and parameters for nothing.
    ``stale``: allowances that matched nothing or have expired, each as a readable line.
    """

    trace: Trace
    findings: tuple[Finding, ...] = ()
    violations: tuple[BudgetViolation, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    stale: tuple[str, ...] = ()
    duplicates: int = 0

    @property
    def actual(self) -> dict[str, float]:
        """What budgets limit, by the name of the limit."""
        trace = self.trace
        return {
            "queries": trace.queries,
            "duplicates": self.duplicates,
            "n_plus_one": sum(finding.kind == "n_plus_one" for finding in self.findings),
            "db_ms": trace.db_ms,
            "rows": trace.rows,
        }


class Report:
    """What a trace did, what is wrong with it and what was allowed.

    Inside ``with capture() as report`` each attribute tells the state so far; from the end of
    the block on it is final.
    """

    def __init__(self, assess: Callable[[], Assessment]) -> None:
        self._assess = assess
        self._final: Assessment | None = None

    def finish(self) -> Report:
        """Take the final assessment; later calls change nothing."""
        if self._final is None:
            self._final = self._assess()
            del self._assess  # the recorder behind it can go
        return self

    @property
    def assessment(self) -> Assessment:
        """Everything at once; the final one, or that of the moment while the trace is open."""
        return self._final if self._final is not None else self._assess()

    @property
    def trace(self) -> Trace:
        """What was seen."""
        return self.assessment.trace

    @property
    def label(self) -> str:
        """Its name for people: ``"GET /api/v1/orders/"``."""
        return self.trace.label

    @property
    def queries(self) -> int:
        """Executed statements; those that only steer a transaction are left out."""
        return self.trace.queries

    @property
    def duplicates(self) -> int:
        """Executions that repeated an earlier one's SQL and parameters for nothing."""
        return self.assessment.duplicates

    @property
    def rows(self) -> int:
        """Rows fetched."""
        return self.trace.rows

    @property
    def db_ms(self) -> float:
        """Milliseconds in execute and fetch."""
        return self.trace.db_ms

    @property
    def wall_ms(self) -> float:
        """Milliseconds from the start of the trace to its end."""
        return self.trace.wall_ms

    @property
    def truncated(self) -> bool:
        """Whether the guard reached a limit of its own and stopped looking before the end."""
        return self.trace.truncated

    @property
    def groups(self) -> tuple[QueryGroup, ...]:
        """The queries by shape and call path, in the order they first ran."""
        return self.trace.groups

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, the most expensive first; suppressed findings are not in it."""
        return self.assessment.findings

    @property
    def suppressed(self) -> tuple[Suppressed, ...]:
        """Findings that an allowance covers."""
        return self.assessment.suppressed

    @property
    def stale(self) -> tuple[str, ...]:
        """Allowances that matched nothing or have expired, each as a readable line."""
        return self.assessment.stale

    @property
    def violations(self) -> tuple[BudgetViolation, ...]:
        """Limits that were exceeded."""
        return self.assessment.violations

    @property
    def ok(self) -> bool:
        """Neither an N+1 nor a violation (a duplicate alone is a warning)."""
        assessment = self.assessment
        return not assessment.violations and not any(
            finding.severity == "error" for finding in assessment.findings
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, version 1, as ``report/schema.json`` describes it."""
        from nplusone_guard.report.json import to_dict  # noqa: PLC0415  renderers load on use

        return to_dict(self)

    def judge(self, budget: Budget) -> None:
        """Hold the report to one more budget; raises ``BudgetExceeded`` where it goes over.

        While the trace is open that is its state so far, and the budget holds on.
        """
        __tracebackhide__ = True  # pytest shows the line that was over the budget
        if self._final is not None:
            self._final = _held(self._final, budget)
        else:
            before = self._assess
            self._assess = lambda: _held(before(), budget)
        if budget.violations(self.assessment.actual):
            raise BudgetExceeded(str(self), self)

    def raise_for_violations(self) -> None:
        """Raise what is wrong, with the whole report as message.

        Raises ``BudgetExceeded`` for a violation, else ``NPlusOneDetected`` for an N+1.
        """
        __tracebackhide__ = True
        if self.ok:
            return
        error = BudgetExceeded if self.violations else NPlusOneDetected
        raise error(str(self), self)

    def __str__(self) -> str:
        """The console report, without colour."""
        from nplusone_guard.report.console import render  # noqa: PLC0415  renderers load on use

        return render(self)

    def __repr__(self) -> str:
        assessment = self.assessment
        return (
            f"<Report {assessment.trace.label!r} queries={assessment.trace.queries} "
            f"findings={len(assessment.findings)}>"
        )


def _held(assessment: Assessment, budget: Budget) -> Assessment:
    more = (*assessment.violations, *budget.violations(assessment.actual))
    return replace(assessment, violations=tuple(dict.fromkeys(more)))
