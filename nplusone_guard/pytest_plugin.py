"""The pytest plugin: marker ``query_budget`` and fixture ``query_guard``.

Imports Django only where one of them is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from nplusone_guard.budget import LIMITS, Budget

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextlib import AbstractContextManager

    from nplusone_guard.report import Report

_MARKER = "query_budget"


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers",
        "query_budget(queries=None, duplicates=None, n_plus_one=None, db_ms=None, rows=None): "
        "hold each request that a Django or DRF test client makes in the test to these limits.",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a marker that is not valid before any test runs."""
    for item in items:
        _marked_budget(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Hold the requests of a marked test; the closest marker wins limit by limit."""
    budget = _marked_budget(item)
    if budget is None:
        return (yield)
    from nplusone_guard.testing import hold_requests  # noqa: PLC0415  imports Django

    with hold_requests(budget):
        return (yield)


def _marked_budget(item: pytest.Item) -> Budget | None:
    budget: Budget | None = None
    callspec = getattr(item, "callspec", None)
    parameters = [id(mark) for mark in callspec.marks] if callspec is not None else []
    # pytest counts the marker of one parameter set as further away than the function's.
    markers = sorted(item.iter_markers(_MARKER), key=lambda mark: id(mark) not in parameters)
    for marker in reversed(markers):
        try:
            own = _budget(marker)
        except (TypeError, ValueError) as error:
            raise pytest.UsageError(f"{item.nodeid}: @pytest.mark.{_MARKER}: {error}") from None
        budget = own if budget is None else budget.override(own)
    return budget


def _budget(marker: pytest.Mark) -> Budget:
    unknown = [name for name in marker.kwargs if name not in LIMITS]
    if marker.args or unknown:
        what = repr(unknown[0]) if unknown else f"{marker.args[0]!r} without a name"
        raise TypeError(f"it takes the limits {', '.join(LIMITS)}; {what} is none of them.")
    return Budget(**marker.kwargs)


class QueryGuard:
    """What the fixture ``query_guard`` gives."""

    def __init__(self, name: str) -> None:
        self._name = name

    def capture(
        self,
        *,
        label: str | None = None,
        budget: Budget | None = None,
        threshold: int | None = None,
    ) -> AbstractContextManager[Report]:
        """``with query_guard.capture() as report:`` traces the block; nothing is raised."""
        from nplusone_guard.pipeline import capture  # noqa: PLC0415  the plugin loads lazily

        return capture(label=label or self._name, budget=budget, threshold=threshold)

    def budget(self, **limits: Any) -> AbstractContextManager[Report]:
        """``with query_guard.budget(queries=4):`` fails with the report over a limit.

        Takes the limits of :class:`nplusone_guard.Budget`.
        """
        from nplusone_guard.testing import budgeted  # noqa: PLC0415  imports Django

        return budgeted(self._name, Budget(**limits))


@pytest.fixture
def query_guard(request: pytest.FixtureRequest) -> QueryGuard:
    """Trace and budget blocks of a test: ``.capture()`` and ``.budget(queries=...)``."""
    return QueryGuard(request.node.name)
