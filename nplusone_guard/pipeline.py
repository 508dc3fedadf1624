"""The pipeline from an open scope to a report, and ``capture()``, its plainest entry."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import date
from time import perf_counter
from typing import TYPE_CHECKING

import nplusone_guard.faults  # noqa: F401  faults are logged once a minute from here on
from nplusone_guard.advise import Patience, advise
from nplusone_guard.allow import entered
from nplusone_guard.budget import Budget
from nplusone_guard.detect import Options, detect
from nplusone_guard.detect.duplicate import redundant
from nplusone_guard.report import Assessment, Report
from nplusone_guard.suppress import suppress
from nplusone_guard.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextvars import Token
    from types import TracebackType

    from nplusone_guard.allow import Allowance
    from nplusone_guard.capture.recorder import Recorder

logger = logging.getLogger("nplusone_guard")

#: Whether the request that runs here was not sampled: what declares a budget opens no trace then.
unsampled: ContextVar[bool] = ContextVar("nplusone_guard_unsampled", default=False)


@contextmanager
def left_alone() -> Iterator[None]:
    """A request that was not sampled; ``capture()`` within it traces all the same."""
    token = unsampled.set(True)
    try:
        yield
    finally:
        unsampled.reset(token)


class Scope:
    """One trace while it is open: request, test or block.

    ``activate`` and ``deactivate`` come in pairs, within one context; a streaming response pairs
    them anew for each chunk.
    """

    def __init__(
        self,
        label: str,
        *,
        budget: Budget | None = None,
        options: Options | None = None,
        configured: Iterable[Allowance] = (),
    ) -> None:
        # Here, not above: importing the package must not import Django.
        from nplusone_guard.capture.attach import attach  # noqa: PLC0415
        from nplusone_guard.capture.awaiting import remember_task  # noqa: PLC0415
        from nplusone_guard.capture.recorder import Recorder  # noqa: PLC0415
        from nplusone_guard.capture.scope import active  # noqa: PLC0415

        attach()
        self.label = label
        self.route: str | None = None
        self.method: str | None = None
        self.status: int | None = None
        self.recorded_as: str | None = None
        self.budget = budget or Budget()
        self.options = options or Options()
        self._configured = tuple(configured)
        self._active = active
        self._remember_task = remember_task
        self.recorder = Recorder(
            parent=active.get(),
            explain_ms=self.options.slow_ms if self.options.explain else None,
            most_groups=self.options.most_groups,
            own_seconds=None if self.options.own_ms is None else self.options.own_ms / 1_000,
        )
        self._tokens: list[tuple[Token[Recorder | None], Token[list[Allowance] | None]]] = []
        self._start = self.recorder.start
        self._wall_ms: float | None = None
        self.report = Report(self._assess)

    def declare(self, budget: Budget) -> None:
        """Hold the trace to the limits of a view as well; its own call is then no other trace."""
        self.recorder.declared.append(budget)
        self.budget = self.budget.override(budget)

    def activate(self) -> None:
        """Let the queries of this context come here."""
        self._remember_task()
        self._tokens.append(
            (self._active.set(self.recorder), entered.set(self.recorder.allowances))
        )

    def deactivate(self) -> None:
        """Give them back to the scope outside."""
        token, allowances = self._tokens.pop()
        try:
            entered.reset(allowances)
            self._active.reset(token)
        except ValueError:
            # A fixture or a generator that ends in another context than it began in: the scope
            # is not active here.
            if self._active.get() is self.recorder:
                self._active.set(self.recorder.parent)
        outer = current = self._active.get()
        while outer is not None and outer.closed:
            outer = outer.parent  # one that ended before what began within it
        if outer is not current:
            self._active.set(outer)

    def abandon(self) -> None:
        """End a trace whose block failed: its queries still count outside, nobody is told."""
        try:
            self.deactivate()
            self.close()
        except Exception:
            logger.exception("The guard could not end the trace of %r.", self.label)

    def close(self) -> None:
        """End the trace; its report can be assessed from now on and does not change."""
        if self._wall_ms is None:
            self._wall_ms = (perf_counter() - self._start) * 1_000
            self.recorder.close()

    def finish(self) -> Report:
        """Close and assess.  Raises whatever fault a stage of the guard has."""
        self.close()
        return self.report.finish()

    def _assess(self) -> Assessment:
        if self.recorder.failed:
            raise RuntimeError(
                f"The guard failed while it recorded {self.label!r}, so there is no report; "
                "the log of nplusone_guard has the fault."
            )
        own_ms = self.options.own_ms
        patience = Patience(None if own_ms is None else own_ms / 1_000)
        wall_ms = self._wall_ms
        trace = Trace(
            label=self.label,
            groups=self.recorder.groups(),
            wall_ms=(perf_counter() - self._start) * 1_000 if wall_ms is None else wall_ms,
            route=self.route,
            method=self.method,
            status=self.status,
            allowances=tuple(dict.fromkeys(self.recorder.allowances)),
            truncated=self.recorder.truncated or self.recorder.lacks,
        )
        findings = detect(trace, self.options)
        kept, suppressed, stale = suppress(findings, trace, self._configured, date.today())
        advised = advise(kept, trace, patience)
        assessment = Assessment(
            trace=replace(trace, truncated=True) if patience.ran_out else trace,
            findings=advised,
            suppressed=suppressed,
            stale=stale,
            duplicates=redundant(trace),
        )
        return replace(assessment, violations=self.budget.violations(assessment.actual))


def open_scope(label: str, *, budget: Budget | None = None, threshold: int | None = None) -> Scope:
    """An active scope, with what the settings say where nothing is given."""
    from nplusone_guard.conf import guard_settings  # noqa: PLC0415  imports Django

    settings = guard_settings()
    scope = Scope(
        label,
        budget=budget,
        options=settings.options(threshold),
        configured=settings.allow,
    )
    scope.activate()
    return scope


class capture:  # noqa: N801  used like a function
    """Trace a block: ``with capture() as report: ...``; also ``async with``.

    ``label`` names the report (default: the calling function), ``budget`` is judged when the
    block ends (``report.violations``; nothing is raised until ``report.raise_for_violations()``),
    ``threshold`` is the number of calls on one path from which repetition is a finding.

    Works without the app installed.  Raises ``ValueError`` for a threshold below 2.
    """

    def __init__(
        self,
        *,
        label: str | None = None,
        budget: Budget | None = None,
        threshold: int | None = None,
    ) -> None:
        if threshold is not None and threshold < 2:  # noqa: PLR2004
            raise ValueError(
                f"capture(threshold=...) takes a whole number from 2, not {threshold}."
            )
        self._label = label or sys._getframe(1).f_code.co_qualname  # noqa: SLF001
        self._budget = budget
        self._threshold = threshold
        self._scopes: list[Scope] = []

    def __enter__(self) -> Report:
        scope = open_scope(self._label, budget=self._budget, threshold=self._threshold)
        self._scopes.append(scope)
        return scope.report

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        scope = self._scopes.pop()
        scope.deactivate()
        try:
            scope.close()
            if not scope.recorder.failed:  # else it is in the log already
                scope.finish()
        except Exception:  # the one boundary of capture(): reading the report raises it again
            logger.exception("The guard could not assess %r.", scope.label)

    async def __aenter__(self) -> Report:
        from nplusone_guard.capture.attach import attach_in_thread  # noqa: PLC0415  the same

        await attach_in_thread()
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)
