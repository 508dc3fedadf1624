"""For test suites: ``QueryBudgetMixin``, and holding each request of a test client to a budget."""

from __future__ import annotations

import functools
from contextlib import closing, contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

from django.test import AsyncClient, Client

from nplusone_guard.budget import Budget
from nplusone_guard.pipeline import capture, open_scope
from nplusone_guard.streaming import TracedAsyncStream, TracedStream

if TYPE_CHECKING:
    import unittest
    from collections.abc import AsyncIterator, Iterable, Iterator
    from contextlib import AbstractContextManager

    from nplusone_guard.pipeline import Scope
    from nplusone_guard.report import Report

    _TestCase = unittest.TestCase
else:
    _TestCase = object

_lock = RLock()
_held: list[Budget] = []
_originals: dict[type, Any] = {}


@contextmanager
def hold_requests(budget: Budget) -> Iterator[None]:
    """Hold each request that a Django or DRF test client makes to ``budget``.

    The request fails with ``BudgetExceeded`` where it is made, a streaming one where its stream
    has been read.  Budgets nest: each holds.
    Covers ``Client``, ``AsyncClient`` and their subclasses, DRF's ``APIClient`` among them.
    """
    with _lock:
        if not _held:
            _install()
        _held.append(budget)
    try:
        yield
    finally:
        with _lock:
            _held.remove(budget)
            if not _held:
                _uninstall()


def _install() -> None:
    for cls in (Client, AsyncClient):
        _originals[cls] = cls.request
    sync_request, async_request = _originals[Client], _originals[AsyncClient]

    @functools.wraps(sync_request)
    def request(client: Client, **environ: Any) -> Any:
        __tracebackhide__ = True
        scope = open_scope(_label(environ))
        try:
            response = sync_request(client, **environ)
        except BaseException:
            scope.deactivate()
            scope.close()
            raise
        scope.deactivate()
        return _judged_response(scope, response)

    @functools.wraps(async_request)
    async def arequest(client: AsyncClient, **environ: Any) -> Any:
        __tracebackhide__ = True
        scope = open_scope(_label(environ))
        try:
            response = await async_request(client, **environ)
        except BaseException:
            scope.deactivate()
            scope.close()
            raise
        scope.deactivate()
        return _judged_response(scope, response)

    Client.request = request  # type: ignore[method-assign, assignment]
    AsyncClient.request = arequest  # type: ignore[method-assign, assignment]


def _uninstall() -> None:
    for cls, original in _originals.items():
        cls.request = original  # type: ignore[attr-defined]
    _originals.clear()


def _label(environ: dict[str, Any]) -> str:
    method = environ.get("REQUEST_METHOD") or environ.get("method") or "GET"
    return f"{method} {environ.get('PATH_INFO') or environ.get('path') or '/'}"


def _judged_response(scope: Scope, response: Any) -> Any:
    """The response, judged now, or at the end of its stream: that is where its queries run."""
    __tracebackhide__ = True
    held = tuple(_held)
    if not response.streaming:
        _judge(scope, held)
    elif response.is_async:
        response.streaming_content = _judged_async_stream(scope, response.streaming_content, held)
    else:
        response.streaming_content = _judged_stream(scope, response.streaming_content, held)
    return response


def _judge(scope: Scope, held: Iterable[Budget]) -> None:
    __tracebackhide__ = True
    report = scope.finish()
    for budget in held:
        report.judge(budget)


def _judged_stream(
    scope: Scope, chunks: Iterable[bytes], held: Iterable[Budget]
) -> Iterator[bytes]:
    __tracebackhide__ = True
    with closing(TracedStream(chunks, scope, scope.close)) as traced:
        yield from traced
    _judge(scope, held)


async def _judged_async_stream(
    scope: Scope, chunks: AsyncIterator[bytes], held: Iterable[Budget]
) -> AsyncIterator[bytes]:
    __tracebackhide__ = True
    with closing(TracedAsyncStream(chunks, scope, scope.close)) as traced:
        async for chunk in traced:
            yield chunk
    _judge(scope, held)


@contextmanager
def budgeted(label: str, budget: Budget) -> Iterator[Report]:
    """Trace a block and raise ``BudgetExceeded`` with its report where it goes over a limit."""
    __tracebackhide__ = True
    with capture(label=label, budget=budget) as report:
        yield report
    report.judge(budget)


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
        with hold_requests(self.query_budget):
            return super().run(result)

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
