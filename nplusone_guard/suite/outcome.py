"""What comes of a run: files to write, lines to print, and whether it fails as a whole."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nplusone_guard.report.text import safe
from nplusone_guard.report.words import counted
from nplusone_guard.report.write import parse_spec, replace_file, write
from nplusone_guard.suite.baseline import Baseline, BaselineError, noted, removable
from nplusone_guard.suite.budgets import (
    BudgetsError,
    RecordedBudgets,
    check_writer,
    compare,
    seen,
    updated,
)
from nplusone_guard.suite.session import Mode, Session
from nplusone_guard.suite.summary import lines, suppressed_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


Line = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for.

    ``partial``: why this run is not the whole suite (``"-k"``), or ``None``; ``failed``: whether
    tests failed, so that requests may be missing.  ``explicit``: whether this very command asked
    for ``fail``, rather than a file of settings.  ``command``: what runs the tests.
    """

    mode: Mode
    baseline: str | None
    baseline_path: Path
    budgets: str | None
    budgets_path: Path
    top: int = 10
    explicit: bool = True
    accept_suppressed: bool = False
    partial: str | None = None
    failed: bool = False
    command: str = "pytest"

    def dump(self) -> dict[str, Any]:
        """Plain data that :meth:`load` takes: what one process tells another."""
        paths = {
            "baseline_path": str(self.baseline_path),
            "budgets_path": str(self.budgets_path),
        }
        return {**asdict(self), **paths}

    @classmethod
    def load(cls, dumped: dict[str, Any]) -> Options:
        """The options from what :meth:`dump` gave."""
        paths = {name: Path(dumped[name]) for name in ("baseline_path", "budgets_path")}
        return cls(**{**dumped, **paths})

    @property
    def incomplete(self) -> str | None:
        """Why what was not seen proves nothing."""
        return self.partial or ("tests failed" if self.failed else None)


@dataclass(slots=True)
class Outcome:
    """A finished run: its JSON, the lines of its summary, the reason why it fails."""

    run: dict[str, Any]
    lines: list[Line] = field(default_factory=list)
    failure: str | None = None

    def fail(self, why: str) -> None:
        """Let the run fail, and say why."""
        self.failure = self.failure or why
        self.lines.append((f"query guard failed: {why}", "bad"))


def begin(options: Options) -> Session:
    """The session of a run.

    Raises ``BaselineError`` or ``BudgetsError`` for a file that can't be read, or that can't be
    written for want of tomlkit, before the tests run.
    """
    before = _baseline_of(options)
    checks = options.budgets in {"check", "ratchet"}
    if checks and not options.budgets_path.exists():
        raise BudgetsError(
            f"{options.budgets_path}: there is no such file; --query-budgets=update writes it."
        )
    if options.budgets in {"update", "ratchet"}:
        check_writer()
    recorded = RecordedBudgets.read(options.budgets_path) if options.budgets else None
    return Session(
        mode=options.mode if options.baseline != "update" else "report",
        known=frozenset(before.entries if before is not None else ()),
        budgets=recorded.budgets if recorded is not None and checks else {},
    )


def _baseline_of(options: Options) -> Baseline | None:
    if options.baseline == "off" or not options.baseline_path.exists():
        return None
    return Baseline.read(options.baseline_path)


def conclude(run: dict[str, Any], options: Options) -> Outcome:
    """Write the files that ``options`` ask for, and say what there is to say.

    A file that can't be written, or no longer be read, fails the run.
    """
    outcome = Outcome(run)
    try:
        _conclude(outcome, options)
    except (BaselineError, BudgetsError, OSError) as error:
        outcome.fail(str(error))
    return outcome


def _conclude(outcome: Outcome, options: Options) -> None:
    before = _baseline_of(options)
    if before is not None:
        outcome.run = before.apply(outcome.run)
    run = outcome.run
    if options.mode != "off":
        outcome.lines.extend(lines(run, top=options.top))
        outcome.lines.append(("", ""))
    outcome.lines.extend(_baseline(run, before, options))
    outcome.lines.extend(_budgets(run, options))
    if options.mode == "fail":
        why = _failure(run, options)
        if why is not None:
            outcome.fail(why)
    elif options.mode == "report":
        outcome.lines.extend(_next_step(run, options))


def write_reports(outcome: Outcome, specs: Iterable[str], base: Path) -> None:
    """Write the reports that ``FORMAT:PATH`` name, relative to ``base``.

    One that can't be written fails the run.  Raises ``ValueError`` for one that is none.
    """
    for spec in specs:
        form, path = parse_spec(spec)
        try:
            write(outcome.run, form, base / path)
        except OSError as error:
            outcome.fail(str(error))
        else:
            outcome.lines.append((f"report: {path}", ""))


def _baseline(run: dict[str, Any], before: Baseline | None, options: Options) -> Iterator[Line]:
    path = options.baseline_path
    if options.baseline == "update" and not run["requests"]:
        yield f"baseline: {path.name} stays as it is, as no request was seen", "bad"
    elif options.baseline == "update":
        whole = options.incomplete is None
        replace_file(path, noted(run, before, whole=whole))
        count = len(Baseline.read(path).entries)
        text = f"baseline: {count} known {'finding' if count == 1 else 'findings'} in {path.name}"
        if before is not None and not whole:
            text += f"; none taken out ({options.incomplete})"
        yield text, "good"
    elif before is not None and options.incomplete is None:
        gone = before.gone(run)
        if gone:
            yield (
                (
                    f"baseline: {len(gone)} of {path.name} did not show again and can go "
                    "(--query-guard-baseline=update):"
                ),
                "good",
            )
            for line in removable(gone):
                yield f"  {safe(line)}", ""


def _budgets(run: dict[str, Any], options: Options) -> Iterator[Line]:
    if options.budgets is None:
        return
    path = options.budgets_path
    recorded = RecordedBudgets.read(path)
    found = compare(recorded, run)
    lower = {key: count for key, (_, count) in found.lower.items()}
    changes: dict[str, int] = {}
    if options.budgets == "update":
        changes = {key: count for key, count in seen(run).items() if key not in lower}
        changes = {
            key: count
            for key, count in changes.items()
            if key not in recorded.budgets or recorded.budgets[key].queries != count
        }
    if options.budgets in {"update", "ratchet"} and options.incomplete is None:
        changes.update(lower)
    if changes:
        try:
            replace_file(path, updated(recorded, changes).text)
        except BudgetsError as error:
            raise BudgetsError(f"{path}: {error}") from None
    yield from _budget_lines(found, changes, options, path.name)


def _budget_lines(
    found: Any, changes: dict[str, int], options: Options, name: str
) -> Iterator[Line]:
    if changes:
        yield f"budgets: {_entries(len(changes))} of {name} changed", "good"
    elif options.budgets == "update":
        yield f"budgets: {name} is up to date", "good"
    if options.budgets != "update":
        yield f"budgets: {counted(found.held, 'endpoint')} held to {name}", ""
        for key, (limit, count) in found.over.items():
            yield f"budgets: {safe(key)} ran {count} queries, {limit} recorded", "bad"
        if found.missing:
            yield (
                (
                    f"budgets: {len(found.missing)} endpoints have none (--query-budgets=update): "
                    f"{safe(', '.join(found.missing))}"
                ),
                "head",
            )
    kept = {key: pair for key, pair in found.lower.items() if key not in changes}
    if kept:
        why = (
            f"not lowered, as this run may not have seen their worst ({options.incomplete})"
            if options.incomplete
            else "--query-budgets=ratchet lowers them"
        )
        yield f"budgets: {_entries(len(kept))} can be lower; {why}:", "head"
        for key, (limit, count) in kept.items():
            yield f"  {safe(key)}: {limit} to {count}", ""
    if found.unvisited and options.incomplete is None:
        yield (
            (
                f"budgets: {_entries(len(found.unvisited))} not requested by any test: "
                f"{safe(', '.join(found.unvisited))}"
            ),
            "head",
        )


def _entries(number: int) -> str:
    return f"{number} {'entry' if number == 1 else 'entries'}"


def _failure(run: dict[str, Any], options: Options) -> str | None:
    """Why a run in which no test failed proves nothing, or ``None``."""
    if options.partial is not None and not options.explicit:
        return None
    if not run["requests"]:
        if options.failed:
            return None  # the run fails anyway, for a reason that is shown
        return "it traced 0 requests, so it can't have found anything"
    if run["suppressed"] and not run["findings"] and not options.accept_suppressed:
        return (
            f"every finding was suppressed ({suppressed_text(run)}), so it can't fail; if that is "
            f"meant, set query_guard_accept_suppressed = {_accepting(options)}"
        )
    return None


def _accepting(options: Options) -> str:
    return (
        "true in pytest's configuration"
        if options.command == "pytest"
        else "True on the class of the test runner"
    )


def _next_step(run: dict[str, Any], options: Options) -> Iterator[Line]:
    if not run["requests"]:
        return
    errors = any(each["severity"] == "error" and not each["known"] for each in run["findings"])
    if errors and options.baseline != "update":
        yield f"fail on these:      {options.command} --query-guard=fail", ""
        yield (
            (
                f"only on new ones:   {options.command} --query-guard=report "
                "--query-guard-baseline=update"
            ),
            "",
        )
    else:
        yield f"to keep it so:      {options.command} --query-guard=fail", ""
