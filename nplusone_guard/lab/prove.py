"""``prove``: each fix applied to its root queryset, the call run again, and compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import starmap
from typing import TYPE_CHECKING, Any

from nplusone_guard.finding import Experiment
from nplusone_guard.lab.bench import Bench
from nplusone_guard.lab.compare import Answer, difference, is_reordered
from nplusone_guard.lab.once import loaded_once
from nplusone_guard.lab.operations import NotMechanical, code_of, parse
from nplusone_guard.lab.origin import origin_of
from nplusone_guard.lab.outcome import Chosen, Proof, Proofs
from nplusone_guard.lab.sets import Candidate, Search, changes_of
from nplusone_guard.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nplusone_guard.finding import Cost, Finding, Verdict
    from nplusone_guard.lab.bench import Run
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
        name="prove()",
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
        if trial.candidate is not None:
            _judge(trial, bench, before, unstable)
    search = _best(trials, bench, before, 0 if unstable else most)
    return _timed(trials, bench, before, unstable, search, runs)


@dataclass(slots=True)
class _Trial:
    """A finding on its way to a proof; ``calls`` are empty where nothing can be tried."""

    finding: Finding
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
            return cls(finding, reason=f"The code that reads has to change as well: {fix.explain}")
        try:
            calls = parse(fix.code, _field(finding))
        except NotMechanical as error:
            return cls(finding, reason=f"No change of a queryset shows it: {error}.")
        if finding.root is None:
            return cls(finding, reason="The queryset that the rows come from is not known.")
        return cls(finding, calls)

    @property
    def candidate(self) -> Candidate | None:
        """What is tried in sets; ``None`` where nothing can be."""
        finding = self.finding
        if not self.calls or finding.root is None:
            return None
        where = finding.fix.where if finding.fix is not None else None
        return Candidate(finding.root, self.calls, finding.id, where)


def _field(finding: Finding) -> str:
    """The field that chooses from the root queryset, where its fix is code of a class."""
    field = finding.root.field if finding.root is not None else None
    given = field is not None and finding.fix is not None and "def " in finding.fix.code
    return field.name if field is not None and given else ""


def _judge(trial: _Trial, bench: Bench, before: Run, unstable: str) -> None:
    candidate = trial.candidate
    if candidate is None:
        return
    run = bench.run(changes_of([candidate]))
    origin = origin_of(candidate.root)
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
            if is_reordered(before.result, run.result):
                trial.reason = (
                    "The call gives the same in another order: without an order_by() the database "
                    "is free to, and a join makes it do so."
                )
            trial.diff = difference(before.result, run.result)
    else:
        trial.verdict, trial.reason = _compared(before.cost, run.cost)


def _compared(before: Cost, after: Cost) -> tuple[Verdict, str]:
    if after.queries < before.queries:
        return "proven", "The same result from fewer queries."
    if after.queries > before.queries:
        return "worse", "The same result from more queries."
    return "no effect", "The same result from as many queries."


def _best(trials: Sequence[_Trial], bench: Bench, before: Run, most: int) -> Search:
    """The cheapest set, from what each fix did alone."""
    search = Search(bench, before, most)
    ran = [(each, each.candidate) for each in trials if each.after is not None]
    proven = [each for trial, each in ran if each is not None and trial.verdict == "proven"]
    for trial, each in ran:
        if each is not None and trial.after is not None:
            search.know((each,), trial.after)
    if len(proven) > 1:
        search.attempt(tuple(proven))
    if len(ran) > max(1, len(proven)):
        search.attempt(tuple(each for _, each in ran if each is not None))
    mended = [each.group for trial in trials if trial.calls for each in trial.finding.walk()]
    further = starmap(Candidate, loaded_once(before.report.trace, mended))
    search.go_on(tuple(further))
    return search


# --- Times, and what is handed out ---


def _timed(  # noqa: PLR0913  all that is known
    trials: Sequence[_Trial],
    bench: Bench,
    before: Run,
    unstable: str,
    search: Search,
    runs: int,
) -> Proofs:
    ran = [(each, each.after) for each in trials if each.after is not None]
    changes = [changes_of(filter(None, [each.candidate])) for each, _ in ran]
    if search.best:
        changes.append(changes_of(search.best))
    ms = bench.timed(changes, runs) if changes else []
    cost = replace(before.cost, ms=ms[0]) if ms else before.cost
    costs = {
        id(each): replace(after.cost, ms=ms[number]) if ms else after.cost
        for number, (each, after) in enumerate(ran, 1)
    }
    proofs = tuple(_proof(each, cost, costs.get(id(each))) for each in trials)
    proven = {id(trial.finding): proof.finding for trial, proof in zip(trials, proofs, strict=True)}
    best = None
    if search.best:
        after = search.run.cost
        best = Chosen(
            fixes=tuple(each.chosen() for each in search.best),
            before=cost,
            after=replace(after, ms=ms[-1]) if ms else after,
            tried=search.tried,
        )
    report = _reported(before.report, proven)
    status = before.result.status if isinstance(before.result, Answer) else None
    return Proofs(bench.label, cost, proofs, best, report, unstable, status)


def _proof(trial: _Trial, before: Cost, after: Cost | None) -> Proof:
    experiment = Experiment(
        trial.verdict,
        code_of(trial.calls),
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
