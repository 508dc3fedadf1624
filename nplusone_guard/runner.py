"""Django's own test runner, with the requests of each test traced.

``manage.py test --testrunner nplusone_guard.runner.QueryGuardRunner --query-guard=report`` needs
no change to a project; ``TEST_RUNNER`` keeps it, and ``QueryGuardRunnerMixin`` goes before another
runner's class.
"""

from __future__ import annotations

import json
import os
import sys
import unittest
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.suite import _ErrorHolder  # type: ignore[attr-defined]

from django.core.management.base import CommandError
from django.test.runner import (
    DiscoverRunner,
    ParallelTestSuite,
    RemoteTestResult,
    RemoteTestRunner,
)

from nplusone_guard.report.github import publish
from nplusone_guard.report.write import parse_spec
from nplusone_guard.suite.number import from_one
from nplusone_guard.suite.outcome import Options, Outcome, begin, conclude, write_reports
from nplusone_guard.suite.requests import add_observer, remove_observer
from nplusone_guard.suite.run import Run

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from nplusone_guard.suite.session import Mode, Session

    _Runner = DiscoverRunner
    _Result = unittest.TextTestResult
else:
    _Runner = _Result = object

#: What a process of ``--parallel`` must know; a variable reaches spawned ones too.
_ENVIRONMENT = "NPLUSONE_GUARD_RUN"
_OUTSIDE = "requests outside a test (setUpClass, tearDownClass, setUpModule)"
_COLORS = {"bad": "\x1b[1;31m", "good": "\x1b[32m", "head": "\x1b[1m"}

_session: Session | None = None


class RequestFailed(AssertionError):
    """A test whose requests are not acceptable; its text is their report."""


def _fail(add: Callable[[Any, Any], None], test: object, failures: list[str]) -> None:
    try:
        raise RequestFailed("\n\n".join(failures))  # noqa: TRY301  --pdb looks at what is handled
    except RequestFailed as error:
        add(test, (RequestFailed, error, None))


class _GuardedResult(_Result):
    """Fails a test that went well with what its requests showed."""

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802  unittest's name
        self.end_of_class()
        if _session is not None:
            _session.begin(test.id())
        super().startTest(test)

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802  the same
        failures = _session.failures() if _session is not None else []
        if failures:
            _fail(self.addFailure, test, failures)
        else:
            super().addSuccess(test)

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802  the same
        if _session is not None:
            _session.failures()  # those of a test that failed by itself
            _session.end()
        super().stopTest(test)

    def stopTestRun(self) -> None:  # noqa: N802  the same
        self.end_of_class()
        super().stopTestRun()

    def end_of_class(self) -> None:
        """Fail the run, and no test, for what was sent while none ran."""
        failures = _session.failures() if _session is not None else []
        if failures:
            _fail(self.addError, _ErrorHolder(_OUTSIDE), failures)

    def addGuardRun(self, _test: unittest.TestCase, dumped: str) -> None:  # noqa: N802  an event
        """Take in what another process recorded."""
        if _session is not None:
            _session.run.merge(Run.load(json.loads(dumped)))


class _GuardedRemoteResult(_GuardedResult, RemoteTestResult):
    """The same in a process of ``--parallel``."""


class _GuardedRemoteRunner(RemoteTestRunner):
    resultclass = _GuardedRemoteResult


def _run_subsuite(args: tuple[Any, ...]) -> tuple[int, list[Any]]:
    """Run a part of the tests in another process, and hand back what was recorded."""
    session = _of_this_process()
    runner_class, index, subsuite, failfast, buffer = args
    session.run = Run()
    result = runner_class(failfast=failfast, buffer=buffer).run(subsuite)
    result.end_of_class()
    return index, [*result.events, ("addGuardRun", 0, json.dumps(session.run.dump()))]


def _of_this_process() -> Session:
    global _session  # noqa: PLW0603  one a process
    if _session is None:  # spawned, not forked
        _session = begin(Options.load(json.loads(os.environ[_ENVIRONMENT])))
        add_observer(_session)
    return _session


class _GuardedParallelSuite(ParallelTestSuite):
    runner_class = _GuardedRemoteRunner
    run_subsuite = _run_subsuite


class QueryGuardRunnerMixin(_Runner):
    """For a ``DiscoverRunner``: the options of the pytest plugin, and its summary."""

    query_guard: Mode = "off"
    #: Whether ``fail`` accepts a run in which every finding was suppressed.
    query_guard_accept_suppressed = False
    parallel_test_suite = _GuardedParallelSuite

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._guard_mode: Mode | None = kwargs.pop("query_guard", None)
        self._guard_baseline = kwargs.pop("query_guard_baseline", None)
        self._guard_budgets = kwargs.pop("query_budgets", None)
        self._guard_top = kwargs.pop("query_guard_top", None)
        self._guard_reports = kwargs.pop("query_guard_report", None) or []
        self._guard_labels = False
        self._outcome: Outcome | None = None
        super().__init__(*args, **kwargs)

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        """The same names as pytest's."""
        super().add_arguments(parser)
        parser.add_argument(
            "--query-guard",
            choices=("off", "report", "fail"),
            help="Trace each request of a test client or live server, and say at the end what "
            "repeats, where, and what to type; fail: fail the test in which it happens.",
        )
        parser.add_argument(
            "--query-guard-report",
            action="append",
            metavar="FORMAT:PATH",
            help="Write a report: html:PATH, json:PATH, sarif:PATH or md:PATH.",
        )
        parser.add_argument(
            "--query-guard-top",
            type=from_one,
            metavar="N",
            help="Endpoints in the summary's table.",
        )
        parser.add_argument("--query-guard-baseline", choices=("update", "check", "off"))
        parser.add_argument("--query-budgets", choices=("update", "check", "ratchet"))

    def get_resultclass(self) -> Any:
        """The result of the runner, which fails tests for their requests too."""
        base = super().get_resultclass() or unittest.TextTestResult
        return type("GuardedResult", (_GuardedResult, base), {})

    def build_suite(self, test_labels: Any = None, **kwargs: Any) -> unittest.TestSuite:
        """Collect the tests, and remember whether some were asked for by name."""
        self._guard_labels = bool(test_labels)
        return super().build_suite(test_labels, **kwargs)

    def run_suite(self, suite: unittest.TestSuite, **kwargs: Any) -> Any:
        """Run the tests and print the summary."""
        global _session  # noqa: PLW0603  result classes are made by unittest
        options = self._options()
        if options.mode == "off" and options.budgets is None:
            return super().run_suite(suite, **kwargs)
        try:
            _session = begin(options)
            for spec in self._guard_reports:
                parse_spec(spec)
        except ValueError as error:  # a specification, a baseline, a file of budgets
            raise CommandError(str(error)) from None
        os.environ[_ENVIRONMENT] = json.dumps(options.dump())
        add_observer(_session)
        try:
            result = super().run_suite(suite, **kwargs)
        finally:
            remove_observer(_session)
            session, _session = _session, None
            del os.environ[_ENVIRONMENT]
        self._conclude(session.run, options, failed=not result.wasSuccessful())
        return result

    def suite_result(self, suite: unittest.TestSuite, result: Any, **kwargs: Any) -> int:
        """The number of failures, the guard's own among them."""
        failed = self._outcome is not None and self._outcome.failure is not None
        return super().suite_result(suite, result, **kwargs) + failed

    def _options(self) -> Options:
        mode: Mode = self._guard_mode or self.query_guard
        implied = self._guard_reports or self._guard_top or self._guard_baseline
        if mode == "off" and implied and self._guard_mode is None:
            mode = "report"
        return Options(
            mode=mode,
            baseline=self._guard_baseline,
            baseline_path=Path.cwd() / "query_guard_baseline.json",
            budgets=self._guard_budgets,
            budgets_path=Path.cwd() / "query_budgets.toml",
            top=self._guard_top or 10,
            explicit=self._guard_mode is not None,
            accept_suppressed=self.query_guard_accept_suppressed,
            command="manage.py test",
        )

    def _conclude(self, run: Run, options: Options, *, failed: bool) -> None:
        partial = None
        if self._guard_labels:
            partial = "a run of some labels"
        elif self.test_name_patterns or self.tags or self.exclude_tags:
            partial = "a run with -k or tags"
        self._outcome = conclude(run.to_dict(), replace(options, partial=partial, failed=failed))
        write_reports(self._outcome, self._guard_reports, Path.cwd())
        color = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        sys.stderr.write("\nquery guard\n")
        for text, style in self._outcome.lines:
            start = _COLORS.get(style, "") if color else ""
            sys.stderr.write(f"{start}{text}\x1b[0m\n" if start else f"{text}\n")
        try:
            publish(self._outcome.run, sys.stdout)
        except OSError as error:
            sys.stderr.write(f"the job has no summary of it: {error}\n")


class QueryGuardRunner(QueryGuardRunnerMixin, DiscoverRunner):
    """Django's runner with the guard; traces nothing until an option asks for it."""
