"""For test suites: ``QueryBudgetMixin``, and holding each request of a test client to a budget."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nplusone_guard.budget import Budget
from nplusone_guard.errors import BudgetExceeded, FixNotProven
from nplusone_guard.pipeline import capture
from nplusone_guard.suite.constant import constant
from nplusone_guard.suite.requests import add_observer, remove_observer

if TYPE_CHECKING:
    import unittest
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from nplusone_guard.lab import Proofs
    from nplusone_guard.report import Report
    from nplusone_guard.suite.growth import Growth

    _TestCase = unittest.TestCase
else:
    _TestCase = object


#: Where the frames of a test client begin.
_CLIENTS = ("django/test/client.py", "rest_framework/test.py")


class HeldRequests:
    """Requests held to a budget; ``pending``: what could not be raised where it was sent."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.pending: list[BudgetExceeded] = []

    def sender(self) -> None:
        """It is the same whoever sends."""

    def observe(self, report: Report, sender: None, *, may_raise: bool) -> None:  # noqa: ARG002
        """Judge a request; raises ``BudgetExceeded`` where it may."""
        __tracebackhide__ = True
        try:
            report.judge(self._budget)
        except BudgetExceeded as error:
            if may_raise:
                raise
            self.pending.append(error)

    def raise_pending(self) -> None:
        """Raise the first that is pending."""
        __tracebackhide__ = True
        if self.pending:
            raise self.pending.pop(0)


def end_at_the_client(error: BaseException) -> None:
    """Let the traceback of a request's failure end where the test called its client."""
    entry = error.__traceback__
    while entry is not None and entry.tb_next is not None:
        file = entry.tb_next.tb_frame.f_code.co_filename.replace("\\", "/")
        if file.endswith(_CLIENTS):
            entry.tb_next = None
        entry = entry.tb_next


@contextmanager
def hold_requests(budget: Budget) -> Iterator[HeldRequests]:
    """Hold each request of the block to ``budget``.

    One of a Django or DRF test client fails with ``BudgetExceeded`` where it is made, a streaming
    one where its stream has been read.  One that a server answers in another thread, or whose view
    failed, does at the end of the block, unless the block itself fails.  Budgets nest: each holds.
    """
    __tracebackhide__ = True
    held = HeldRequests(budget)
    add_observer(held)
    try:
        yield held
    finally:
        remove_observer(held)
    held.raise_pending()


@contextmanager
def budgeted(label: str, budget: Budget) -> Iterator[Report]:
    """Trace a block and raise ``BudgetExceeded`` with its report where it goes over a limit."""
    __tracebackhide__ = True
    with capture(label=label, budget=budget) as report:
        yield report
    report.judge(budget)


def proven(
    call: Callable[[], Any], label: str, *, must_hold: bool, options: dict[str, Any]
) -> Proofs:
    """Try each fix that is suggested for a call; raises ``FixNotProven`` where one fails.

    It does so too where the call proves nothing: an error's response, no query, another result
    each time.
    """
    __tracebackhide__ = True
    from nplusone_guard.lab import prove  # noqa: PLC0415  a test that proves nothing pays nothing

    proofs = prove(call, **{"label": label, **options})
    if must_hold and (proofs.failed or proofs.doubt):
        raise FixNotProven(str(proofs), proofs.report)
    return proofs


class QueryBudgetMixin(_TestCase):
    """For Django's and DRF's test cases: put it before them in the bases.

    ``query_budget = Budget(...)`` on the class holds each request that a test client makes in its
    tests, ``setUp`` included.
    """

    query_budget: Budget | None = None

    def run(self, result: Any = None) -> Any:
        """Run one test with its requests held."""
        if self.query_budget is None:
            return super().run(result)
        held = HeldRequests(self.query_budget)
        self.addCleanup(held.raise_pending)
        add_observer(held)
        try:
            return super().run(result)
        finally:
            remove_observer(held)

    def assertQueryBudget(  # noqa: N802  unittest's naming
        self,
        *,
        queries: int | None = None,
        duplicates: int | None = None,
        n_plus_one: int | None = None,
        db_ms: float | None = None,
        rows: int | None = None,
    ) -> AbstractContextManager[Report]:
        """Fail with the report where the block goes over a limit."""
        budget = Budget(
            queries=queries, duplicates=duplicates, n_plus_one=n_plus_one, db_ms=db_ms, rows=rows
        )
        return budgeted(self.id(), budget)

    @contextmanager
    def assertNoNPlusOne(self, *, threshold: int | None = None) -> Iterator[Report]:  # noqa: N802
        """Fail with the report where the block loads row by row."""
        __tracebackhide__ = True
        with capture(label=self.id(), threshold=threshold) as report:
            yield report
        report.raise_for_violations()

    def assertQueriesConstant(  # noqa: N802  unittest's naming
        self,
        grow: Callable[[int], Any],
        call: Callable[[], Any],
        sizes: Iterable[int] = (2, 8),
        *,
        allow_unread: bool = False,
    ) -> Growth:
        """Fail where more queries run on more data; ``grow(n)`` makes n rows, ``call()`` reads.

        See :func:`nplusone_guard.suite.constant.constant`.
        """
        __tracebackhide__ = True
        return constant(grow, call, sizes, label=self.id(), allow_unread=allow_unread)

    def assertFixesProven(self, call: Callable[[], Any], **options: Any) -> Proofs:  # noqa: N802  unittest's naming
        """Fail where a fix that is suggested for ``call()`` is not proven; else what was shown.

        A fix that can't be tried fails nothing.  Takes the options of
        :func:`nplusone_guard.lab.prove`.
        """
        __tracebackhide__ = True
        return proven(call, self.id(), must_hold=True, options=options)
