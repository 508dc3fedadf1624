"""``prove``: each fix applied to its root queryset, the call run again, and compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from django.apps import apps

from nplusone_guard.finding import Cost, Experiment
from nplusone_guard.lab.bench import Bench
from nplusone_guard.lab.compare import difference
from nplusone_guard.lab.operations import NotMechanical, applied, code_of, parse, together
from nplusone_guard.lab.origin import Origin, origin_of
from nplusone_guard.lab.outcome import Chosen, Proof, Proofs
from nplusone_guard.lab.variants import joined
from nplusone_guard.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from nplusone_guard.finding import Finding, Verdict
    from nplusone_guard.lab.bench import Changes, Run
    from nplusone_guard.lab.operations import Call

#: Kinds whose fix changes a root queryset.
_KINDS = frozenset({"n_plus_one", "duplicate"})


def prove(  # noqa: PLR0913  what a caller of the lab can say
    call: Callable[[], Any],
    *,
    report: Report | None = None,
    equal: Callable[[Any, Any], bool] | None = None,
    safe: bool = True,
    runs: int = 3,
    most: int = 24,
    label: str = "call",
    allow_debug_off: bool = False,
    allow_this_database: bool = False,
) -> Proofs:
    """Run ``call()`` as it is and with each suggested fix; say which fixes are proven.

    ``call`` takes nothing and returns what is compared: a response by status, type and bytes (a
    stream and a template's response are read and rendered), a queryset by its rows, anything else
    by ``==``; or ``equal(before, after)`` decides.  It may be asynchronous.  Each run is rolled
    back on all databases.  The call runs twice unchanged, once for each fix and set of fixes, of
    which ``most`` are tried, and ``runs`` times in turns for the times.

    ``report``: tries only the findings that are in it, by id.  ``safe=False`` lets the call write
    and send unsafe requests.  ``allow_debug_off`` and ``allow_this_database`` let it run where
    ``DEBUG`` is off outside of tests, and ask databases that are not for tests.

    Raises :class:`~nplusone_guard.errors.LabRefused`, and what ``call`` raises unchanged.
    """
    bench = Bench(
        call,
        name="prove",
        label=label,
        equal=equal,
        safe=safe,
        allow_debug_off=allow_debug_off,
        allow_this_database=allow_this_database,
    )
    before, unstable = bench.unchanged()
    asked = None if report is None else {finding.id for finding in report.findings}
    trials = [
        _Trial.of(finding)
        for finding in before.report.findings
        if asked is None or finding.id in asked
    ]
    for trial in trials:
        if trial.calls:
            _judge(trial, bench, before, unstable)
    best = _best(trials, bench, before, most) if not unstable else None
    return _timed(trials, bench, before, unstable, best, runs)


@dataclass(slots=True)
class _Trial:
    """A finding on its way to a proof; ``calls`` are empty where nothing can be tried."""

    finding: Finding
    origin: Origin | None = None
    calls: tuple[Call, ...] = ()
    verdict: Verdict = "not tried"
    reason: str = ""
    after: Run | None = None
    diff: str = ""

    @classmethod
    def of(cls, finding: Finding) -> _Trial:
        fix = finding.fix
        if finding.kind not in _KINDS or fix is None or not fix.code:
            return cls(finding, reason=fix.explain if fix is not None else "No fix is known.")
        if not fix.alone:
            return cls(
                finding, reason=f"The code that reads has to change as well: {fix.explain}"
            )
        try:
            calls = parse(fix.code)
        except NotMechanical as error:
            return cls(finding, reason=f"No change of a queryset shows it: {error}.")
        if finding.root is None:
            return cls(finding, reason="The queryset that the rows come from is not known.")
        return cls(finding, origin_of(finding.root), calls)

    @property
    def code(self) -> str:
        return code_of(self.calls)


def _changes(chosen: Iterable[tuple[Origin | None, tuple[Call, ...]]]) -> Changes:
    """The change of each root queryset, from the calls of all fixes that change it."""
    parts: dict[Origin, list[tuple[Call, ...]]] = {}
    for origin, calls in chosen:
        if origin is not None:
            parts.setdefault(origin, []).append(calls)
    return {origin: partial(applied, calls=together(each)) for origin, each in parts.items()}


def _judge(trial: _Trial, bench: Bench, before: Run, unstable: str) -> None:
    run = bench.run(_changes([(trial.origin, trial.calls)]))
    origin = trial.origin
    if origin in run.session.refused:
        trial.reason = f"The queryset does not take it: {run.session.refused[origin]}."
        return
    if origin not in run.session.met and run.error is None:
        trial.reason = "The queryset was not evaluated at its place when the call ran again."
        return
    trial.after = run
    if unstable:
        trial.verdict, trial.reason = "not comparable", unstable
    elif not bench.same(before, run):
        trial.verdict = "changes the result"
        if run.error is not None:
            trial.reason = f"The call raises {type(run.error).__name__}."
            trial.diff = difference(before.result, f"{type(run.error).__name__}: {run.error}")
        else:
            trial.reason = "The call gives another result."
            trial.diff = difference(before.result, run.result)
    else:
        trial.verdict, trial.reason = _compared(before.cost, run.cost)


def _compared(before: Cost, after: Cost) -> tuple[Verdict, str]:
    if after.queries < before.queries:
        return "proven", "The same result from fewer queries."
    if after.queries > before.queries:
        return "worse", "The same result from more queries."
    return "no effect", "The same result from as many queries."


# --- Sets of fixes ---

_Set = dict[int, "tuple[Call, ...]"]


class _Search:
    """Sets of fixes, each run once, the cheapest that changes no result kept."""

    def __init__(self, trials: Sequence[_Trial], bench: Bench, before: Run, most: int) -> None:
        self._trials = trials
        self._bench = bench
        self._before = before
        self._left = most
        self.tried = 0
        self.best: tuple[_Set, Run] | None = None

    def know(self, chosen: _Set, run: Run) -> None:
        """Take a set that was run."""
        if not self._bench.same(self._before, run):
            return
        if self.best is None or _rank(run) < _rank(self.best[1]):
            self.best = (chosen, run)

    def try_(self, chosen: _Set) -> None:
        """Run a set, as long as runs are left."""
        if self._left <= 0 or not chosen:
            return
        self._left -= 1
        self.tried += 1
        run = self._bench.run(self.changes(chosen))
        if not run.session.refused:
            self.know(chosen, run)

    def changes(self, chosen: _Set) -> Changes:
        """What a set does to the root querysets."""
        return _changes((self._trials[each].origin, calls) for each, calls in chosen.items())


def _rank(run: Run) -> tuple[int, int]:
    cost = run.cost
    return cost.queries, cost.cells


def _best(
    trials: Sequence[_Trial], bench: Bench, before: Run, most: int
) -> tuple[_Set, Run, _Search] | None:
    search = _Search(trials, bench, before, most)
    proven = {number: each.calls for number, each in enumerate(trials) if each.verdict == "proven"}
    tried = {number: each.calls for number, each in enumerate(trials) if each.after is not None}
    for number in proven:
        run = trials[number].after
        if run is not None:
            search.know({number: trials[number].calls}, run)
            search.tried += 1
    if len(proven) > 1:
        search.try_(proven)
    if len(tried) > len(proven):
        search.try_(tried)  # some do nothing without the others
    if search.best is None or search.best[1].cost.queries >= before.cost.queries:
        return None
    for number, calls in list(search.best[0].items()):
        model = _model(trials[number].finding)
        tighter = joined(model, calls) if model is not None else calls
        if tighter != calls:
            search.try_({**search.best[0], number: tighter})
    for number in list(search.best[0]):
        # What others do already is left out, where that costs nothing.
        without = {each: calls for each, calls in search.best[0].items() if each != number}
        search.try_(without)
    return (*search.best, search)


def _model(finding: Finding) -> Any:
    access = finding.root.access if finding.root is not None else None
    if access is None or access.model is None:
        return None
    return apps.get_model(access.model)


# --- Times, and what is handed out ---


def _timed(  # noqa: PLR0913  all that is known
    trials: Sequence[_Trial],
    bench: Bench,
    before: Run,
    unstable: str,
    best: tuple[_Set, Run, _Search] | None,
    runs: int,
) -> Proofs:
    run = [each for each in trials if each.after is not None]
    changes = [_changes([(each.origin, each.calls)]) for each in run]
    if best is not None:
        changes.append(best[2].changes(best[0]))
    ms = bench.timed(changes, runs) if changes and runs > 0 else []
    cost = replace(before.cost, ms=ms[0]) if ms else before.cost
    costs: Mapping[int, Cost] = {
        id(each): replace(each.after.cost, ms=ms[number] if ms else each.after.cost.ms)
        for number, each in enumerate(run, 1)
        if each.after is not None
    }
    proofs = tuple(_proof(each, cost, costs.get(id(each))) for each in trials)
    proven = {
        id(trial.finding): proof.finding for trial, proof in zip(trials, proofs, strict=True)
    }
    chosen = None
    if best is not None:
        after = best[1].cost
        chosen = Chosen(
            codes=tuple(
                (trials[number].finding.id, code_of(calls)) for number, calls in best[0].items()
            ),
            before=cost,
            after=replace(after, ms=ms[-1] if ms else after.ms),
            tried=best[2].tried,
        )
    return Proofs(bench.label, cost, proofs, chosen, _reported(before.report, proven), unstable)


def _proof(trial: _Trial, before: Cost, after: Cost | None) -> Proof:
    experiment = Experiment(
        trial.verdict,
        trial.code,
        before if after is not None else None,
        after,
        trial.reason,
    )
    finding = trial.finding
    if finding.fix is not None:
        finding = replace(finding, fix=replace(finding.fix, proven=experiment))
    return Proof(finding, experiment, trial.diff)


def _reported(report: Report, proven: Mapping[int, Finding]) -> Report:
    """The report with what was proven; by identity, since two findings may share an id."""
    assessment = report.assessment
    findings = tuple(proven.get(id(each), each) for each in assessment.findings)
    return Report(lambda: replace(assessment, findings=findings)).finish()
