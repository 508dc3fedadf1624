"""The pytest plugin: options, ``query_budget`` and ``query_allow``, fixture ``query_guard``.

Imports Django only where one of them is used.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import pytest

from nplusone_guard.budget import LIMITS, Budget
from nplusone_guard.errors import GuardError
from nplusone_guard.suite.number import from_one

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from contextlib import AbstractContextManager

    from nplusone_guard.lab import Ablation, Proofs
    from nplusone_guard.report import Report
    from nplusone_guard.suite.growth import Growth

_MARKER = "query_budget"
_MODES = ("off", "report", "fail")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare options, and what pytest's configuration may say."""
    group = parser.getgroup("query guard", "database queries of the requests that tests send")
    group.addoption(
        "--query-guard",
        type=_mode,
        nargs="?",
        const="report",
        metavar="off|report|fail",
        help="Trace each request of a test client or live server. report: say at the end what "
        "repeats, where, and what to type against it. fail: fail the test in which it happens.",
    )
    group.addoption(
        "--query-guard-report",
        action="append",
        default=[],
        metavar="FORMAT:PATH",
        help="Write a report: html:PATH, json:PATH, sarif:PATH, md:PATH, or junit-properties for "
        "the counts of each test in the file of --junit-xml. May be repeated.",
    )
    group.addoption(
        "--query-guard-top",
        type=from_one,
        metavar="N",
        help="The number of endpoints in the summary's table (default: 10).",
    )
    group.addoption(
        "--query-guard-baseline",
        choices=("update", "check", "off"),
        help="update: note all findings of this run as known. check (the default where there is "
        "the file): known findings fail no test. off: leave the file alone.",
    )
    group.addoption(
        "--query-budgets",
        choices=("update", "check", "ratchet"),
        help="update: record the most queries of each endpoint. check: fail the test whose "
        "request runs more. ratchet: check, and lower what can be lower.",
    )
    group.addoption(
        "--query-guard-lab",
        action="store_true",
        help="Run each GET of a test client again without what it loads ahead, and say at the end "
        "which eager loads and wide columns no request of any test needed.",
    )
    parser.addini("query_guard", "the default of --query-guard", default="off")
    parser.addini(
        "query_guard_baseline",
        "the file of --query-guard-baseline",
        default="query_guard_baseline.json",
    )
    parser.addini("query_budgets", "the file of --query-budgets", default="query_budgets.toml")
    parser.addini(
        "query_guard_accept_suppressed",
        "whether --query-guard=fail accepts a run in which every finding was suppressed",
        type="bool",
        default=False,
    )


def _mode(text: str) -> str:
    if text not in _MODES:
        raise argparse.ArgumentTypeError(
            f"it takes off, report or fail, not {text!r}; before a path write --query-guard=report"
        )
    return text


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers; look at the run where an option asks for it."""
    config.addinivalue_line(
        "markers",
        "query_budget(queries=None, duplicates=None, n_plus_one=None, db_ms=None, rows=None): "
        "hold each request that a Django or DRF test client makes in the test to these limits.",
    )
    config.addinivalue_line(
        "markers",
        'query_allow(relation="*", *, reason, until=None): suppress findings on a relation in '
        "the requests of the test.",
    )
    _look_at_the_run(config)
    if config.option.query_guard_lab and not config.option.collectonly:
        from nplusone_guard.suite.lab_plugin import LabPlugin  # noqa: PLC0415  only where it is used

        config.pluginmanager.register(LabPlugin(config), "nplusone_guard_lab")


def _look_at_the_run(config: pytest.Config) -> None:
    option = config.option
    implied = option.query_guard_report or option.query_guard_top or option.query_guard_baseline
    mode = option.query_guard or config.getini("query_guard")
    if mode not in _MODES:
        raise pytest.UsageError(f"query_guard = {mode!r}: it takes off, report or fail.")
    if mode == "off" and implied and option.query_guard is None:
        mode = "report"
    if (mode == "off" and option.query_budgets is None) or option.collectonly:
        return
    from nplusone_guard.suite.outcome import Options  # noqa: PLC0415  only where it is used
    from nplusone_guard.suite.plugin import SuitePlugin, is_explicit  # noqa: PLC0415  the same

    options = Options(
        mode=mode,
        baseline=option.query_guard_baseline,
        baseline_path=config.rootpath / config.getini("query_guard_baseline"),
        budgets=option.query_budgets,
        budgets_path=config.rootpath / config.getini("query_budgets"),
        top=option.query_guard_top or 10,
        explicit=is_explicit(config),
        accept_suppressed=config.getini("query_guard_accept_suppressed"),
    )
    plugin = SuitePlugin(config, options, option.query_guard_report)
    config.pluginmanager.register(plugin, "nplusone_guard_suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a marker that is not valid before any test runs."""
    for item in items:
        _marked_budget(item)
        if item.get_closest_marker("query_allow") is not None:
            from nplusone_guard.suite.plugin import accepted  # noqa: PLC0415  only where used

            accepted(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Hold the requests of a marked test; the closest marker wins limit by limit."""
    budget = _marked_budget(item)
    if budget is None:
        return (yield)
    from nplusone_guard.testing import end_at_the_client, hold_requests  # noqa: PLC0415  Django

    try:
        with hold_requests(budget):
            return (yield)
    except GuardError as error:
        end_at_the_client(error)
        raise


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

    def constant(
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
        from nplusone_guard.suite.constant import constant  # noqa: PLC0415  imports Django

        return constant(grow, call, sizes, label=self._name, allow_unread=allow_unread)

    def prove(self, call: Callable[[], Any], *, must_hold: bool = True, **options: Any) -> Proofs:
        """Try each fix that is suggested for ``call()``, and fail where one is not proven.

        A fix that can't be tried fails nothing; ``must_hold=False`` only says what was shown.
        Takes the options of :func:`nplusone_guard.lab.prove`.
        """
        __tracebackhide__ = True
        from nplusone_guard.testing import proven  # noqa: PLC0415  imports Django

        return proven(call, self._name, must_hold=must_hold, options=options)

    def ablate(self, call: Callable[[], Any], **options: Any) -> Ablation:
        """What ``call()`` loads and nobody reads.

        Takes the options of :func:`nplusone_guard.lab.ablate`.
        """
        from nplusone_guard.lab import ablate  # noqa: PLC0415  imports Django

        return ablate(call, **{"label": self._name, **options})


@pytest.fixture
def query_guard(request: pytest.FixtureRequest) -> QueryGuard:
    """Trace and budget blocks of a test: ``.capture()`` and ``.budget(queries=...)``."""
    return QueryGuard(request.node.name)
