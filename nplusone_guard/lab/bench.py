"""The bench: one call, run again and again from the same data, changed or not."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from django.db import connections

from nplusone_guard.errors import LabRefused
from nplusone_guard.finding import Cost
from nplusone_guard.lab.compare import difference, same, taken
from nplusone_guard.lab.refuse import Limits, refuse_place
from nplusone_guard.lab.session import Session, entered
from nplusone_guard.pipeline import capture
from nplusone_guard.shape import as_text, fold
from nplusone_guard.suite.calls import awaited, rolled_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from nplusone_guard.lab.origin import Origin
    from nplusone_guard.lab.session import Note
    from nplusone_guard.report import Report

    Changes = Mapping[Origin, Callable[[Any], Any]]


@dataclass(slots=True)
class Run:
    """What one run did; ``error``: what the call raised in place of a result."""

    report: Report
    result: Any
    error: Exception | None
    session: Session
    columns: dict[str, int] = field(default_factory=dict)

    @property
    def cost(self) -> Cost:
        """Its own, of one run."""
        report = self.report
        cells = sum(group.rows * self.columns.get(group.shape.id, 0) for group in report.groups)
        return Cost(report.queries, report.rows, cells, report.wall_ms)


class Bench:
    """A call with what it may do.  Making one refuses where nothing may be run.

    ``tried``: how many changed runs there were.
    """

    def __init__(  # noqa: PLR0913  what a caller of the lab can say
        self,
        call: Callable[[], Any],
        *,
        name: str,
        label: str,
        equal: Callable[[Any, Any], bool] | None,
        safe: bool,
        allow_debug_off: bool,
        allow_this_database: bool,
    ) -> None:
        _refuse_running_loop(name)
        refuse_place(name, allow_debug_off=allow_debug_off)
        self._call = call
        self._equal = equal
        self._limits = Limits(name, safe=safe, allow_this_database=allow_this_database)
        self.label = label
        self.tried = 0

    def unchanged(self, note: Note | None = None) -> tuple[Run, str]:
        """A run as it is, and why nothing can be compared with it; empty where something can.

        It is the second: what the process loads once and keeps is loaded by the first.
        """
        first = self.run({})
        self._limits.refuse_writes(first.report)
        second = self.run({}, note)
        for run in (first, second):
            if run.error is not None:
                raise run.error
        if not self.same(first, second):
            changed = difference(first.result, second.result)
            return second, f"two runs without any change differ:\n{changed}"
        if first.report.queries != second.report.queries:
            third = self.run({})
            if third.report.queries != second.report.queries:
                return second, (
                    f"runs without any change send {first.report.queries}, "
                    f"{second.report.queries} and {third.report.queries} queries"
                )
        return second, ""

    def run(self, changes: Changes, note: Note | None = None, *, count: bool = True) -> Run:
        """One run; with ``count`` the columns that are read are counted."""
        __tracebackhide__ = True
        self.tried += bool(changes)
        session = Session(changes, note)
        columns: dict[str, int] = {}
        result: Any = None
        error: Exception | None = None
        aliases = self._limits.aliases
        with rolled_back(aliases), entered(session), self._limits.kept(), ExitStack() as counting:
            if count:
                counting.enter_context(_counted(aliases, columns))
            with capture(label=self.label) as report:
                try:
                    result = taken(awaited(self._call()))
                except LabRefused:
                    raise
                except Exception as raised:  # noqa: BLE001  with a change it is what that does
                    error = raised
            report.finish()
        shapes = {fold(sql).shape.id: number for sql, number in columns.items()}
        return Run(report, result, error, session, shapes)

    def same(self, before: Run, after: Run) -> bool:
        """Whether two runs gave one result."""
        if before.error is not None or after.error is not None:
            return False
        return same(before.result, after.result, self._equal)

    def timed(self, changes: Sequence[Changes], runs: int) -> list[float]:
        """Milliseconds of the call without and with each of the changes: medians of turns.

        Empty where no turn is to be taken.
        """
        tried = self.tried
        taken_ms: list[list[float]] = [[] for _ in range(len(changes) + 1)]
        for _ in range(runs):
            for number, each in enumerate(({}, *changes)):
                taken_ms[number].append(self.run(each, count=False).report.wall_ms)
        self.tried = tried
        return [median(each) for each in taken_ms if each]


@contextmanager
def _counted(aliases: Sequence[str], columns: dict[str, int]) -> Iterator[None]:
    def note(
        execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        result = execute(sql, params, many, context)
        text = as_text(sql)
        if text not in columns:
            columns[text] = len(getattr(context["cursor"], "description", None) or ())
        return result

    with ExitStack() as stack:
        for alias in aliases:
            stack.enter_context(connections[alias].execute_wrapper(note))
        yield


def _refuse_running_loop(name: str) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise LabRefused(
        f"{name} runs its call from synchronous code. In an asynchronous test: "
        f"await sync_to_async({name.removesuffix('()')})(call)."
    )
