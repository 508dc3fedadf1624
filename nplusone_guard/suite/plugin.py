"""What pytest does for a run of tests that is looked at; registered only where one is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from nplusone_guard.allow import allowance
from nplusone_guard.errors import GuardError
from nplusone_guard.report.github import publish
from nplusone_guard.report.write import parse_spec
from nplusone_guard.suite.outcome import Options, Outcome, begin, conclude, write_reports
from nplusone_guard.suite.run import Run

if TYPE_CHECKING:
    from collections.abc import Generator

    from nplusone_guard.allow import Allowance

ALLOW_MARKER = "query_allow"
_OUTPUT = "nplusone_guard"
_MARKUP: dict[str, dict[str, bool]] = {
    "bad": {"red": True, "bold": True},
    "good": {"green": True},
    "head": {"bold": True},
}


class QueryGuardFailed(pytest.fail.Exception, GuardError):  # type: ignore[misc,name-defined]
    """A test whose requests are not acceptable; its text is their report."""

    __module__ = "builtins"  # as pytest's own: a line of its summary begins with the name alone

    def __init__(self, text: str) -> None:
        AssertionError.__init__(self, text)
        self.msg = text  # what pytest's own failures have
        self.pytrace = False


class SuitePlugin:
    """Traces the requests of each test, and says at the end what they showed."""

    def __init__(self, config: pytest.Config, options: Options, reports: list[str]) -> None:
        self._config = config
        self._options = options
        self._junit = "junit-properties" in reports
        self._reports = [each for each in reports if each != "junit-properties"]
        self._is_worker = hasattr(config, "workerinput")
        self._lost: list[str] = []
        self._left_out = False
        self._interrupted = False
        self._outcome: Outcome | None = None
        try:
            self._session = begin(options)
            self._session.keep = self._junit
            for spec in self._reports:
                parse_spec(spec)
        except ValueError as error:  # a specification, a baseline, a file of budgets
            raise pytest.UsageError(str(error)) from None

    # -- the requests of each test ---------------------------------------------------------

    def pytest_sessionstart(self) -> None:
        """Look at requests from now on."""
        try:
            from nplusone_guard.suite.requests import add_observer  # noqa: PLC0415  needs Django
        except ImportError as error:
            raise pytest.UsageError(f"--query-guard needs Django: {error}") from None
        add_observer(self._session)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fixtures send requests too."""
        self._session.begin(item.nodeid, accepted(item))
        return (yield from self._phase(item, "setup"))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """The test itself."""
        return (yield from self._phase(item, "call"))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """The end of its fixtures."""
        try:
            return (yield from self._phase(item, "teardown"))
        finally:
            if self._junit:
                from nplusone_guard.report.junit import properties  # noqa: PLC0415  on use

                item.user_properties.extend(properties(self._session.reports))
            self._session.end()

    def _phase(self, item: pytest.Item, when: str) -> Generator[None, object, object]:
        """Fail a phase that went well with its requests' reports; else add them to its failure."""
        try:
            result = yield
        except BaseException:
            for text in self._session.failures():
                item.add_report_section(when, "query guard", text)
            raise
        failures = self._session.failures()
        if failures:
            raise QueryGuardFailed("\n\n".join(failures))
        return result

    # -- the run as a whole ----------------------------------------------------------------

    def pytest_deselected(self) -> None:
        """Note that tests were left out, by whichever plugin."""
        self._left_out = True

    def pytest_keyboard_interrupt(self) -> None:
        """Note that the run was broken off: by ``pytest.exit()`` too, whatever its exit code."""
        self._interrupted = True

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object | None) -> None:
        """Take in what a process of pytest-xdist recorded."""
        dumped = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if dumped is not None:
            record = json.loads(dumped)
            self._session.run.merge(Run.load(record["run"]))
            self._left_out = self._left_out or record["left_out"]
        else:
            self._lost.append(f"{node.gateway.id}: {error or 'it gave no record'}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Put the run together, write what was asked for, and fail it where it proves nothing."""
        from nplusone_guard.suite.requests import remove_observer  # noqa: PLC0415  needs Django

        remove_observer(self._session)
        if self._is_worker:
            output = session.config.workeroutput  # type: ignore[attr-defined]
            record = {"run": self._session.run.dump(), "left_out": self._left_out}
            output[_OUTPUT] = json.dumps(record)
            return
        options = self._concluding(session)
        outcome = self._outcome = conclude(self._session.run.to_dict(), options)
        write_reports(outcome, self._reports, self._config.invocation_params.dir)
        if outcome.failure is not None and session.exitstatus in {
            pytest.ExitCode.OK,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        }:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _concluding(self, session: pytest.Session) -> Options:
        reason = _partial(session)
        if reason is None and self._left_out:
            reason = "a run of some tests"
        if reason is None and self._lost:
            reason = "a process was lost"
        if self._interrupted or session.exitstatus == pytest.ExitCode.INTERNAL_ERROR:
            reason = "a run that was broken off"
        return replace(self._options, partial=reason, failed=bool(session.testsfailed))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the summary."""
        if self._outcome is None:
            return
        terminalreporter.write_sep("=", "query guard")
        for text, style in self._outcome.lines:
            terminalreporter.write_line(text, **_MARKUP.get(style, {}))
        if self._options.mode != "off":
            try:
                publish(self._outcome.run, terminalreporter)
            except OSError as error:
                terminalreporter.write_line(f"the job has no summary of it: {error}", red=True)
        for text in self._lost:
            terminalreporter.write_line(f"nothing is known of the tests of {text}", red=True)


def accepted(item: pytest.Item) -> list[Allowance]:
    """What the markers ``query_allow`` of a test accept.

    Raises ``pytest.UsageError`` for one that is not valid.
    """
    file, line, _ = item.location
    place = f"{file}:{(line or 0) + 1}"
    allowances = []
    for mark in item.iter_markers(ALLOW_MARKER):
        try:
            allowances.append(_allowance(mark, place))
        except ValueError as error:
            raise pytest.UsageError(
                f"{item.nodeid}: @pytest.mark.{ALLOW_MARKER}: {error}."
            ) from None
    return allowances


def _allowance(mark: pytest.Mark, place: str) -> Allowance:
    given = {"relation": "*", "reason": None, "until": None, **mark.kwargs}
    unknown = [name for name in given if name not in {"relation", "reason", "until"}]
    if len(mark.args) > 1 or unknown:
        what = repr(unknown[0]) if unknown else f"{mark.args[1]!r} without a name"
        raise ValueError(f"it takes relation, reason and until; {what} is none of them")
    if mark.args:
        given["relation"] = mark.args[0]
    return allowance(**given, place=place)


def _partial(session: pytest.Session) -> str | None:
    """Why a run is not the whole suite, as far as pytest's options tell."""
    option = session.config.option
    for name, shown in (
        ("keyword", "-k"),
        ("markexpr", "-m"),
        ("lf", "--lf"),
        ("last_failed", "--lf"),
        ("deselect", "--deselect"),
        ("stepwise", "--sw"),
        ("ignore", "--ignore"),
        ("ignore_glob", "--ignore-glob"),
    ):
        if getattr(option, name, None):
            return f"a run with {shown}"
    config = session.config
    below = config.invocation_params.dir != config.rootpath
    sources = pytest.Config.ArgsSource
    if config.args_source == sources.ARGS:
        return "a run of some paths"
    if config.args_source == sources.INVOCATION_DIR and below:
        return "a run in a directory below the root"
    if session.shouldstop or session.shouldfail:
        return "a run that was stopped"
    return None


def is_explicit(config: pytest.Config) -> bool:
    """Whether this very command line asks for ``--query-guard=...``."""
    given = " ".join(map(str, config.invocation_params.args))
    return "--query-guard=" in given or "--query-guard " in f"{given} "
