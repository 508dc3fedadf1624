"""Sets of fixes: which of them together cost least and change no result."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import apps

from nplusone_guard.advise.built import built
from nplusone_guard.lab.operations import applied, code_of, together
from nplusone_guard.lab.origin import origin_of
from nplusone_guard.lab.outcome import ChosenFix
from nplusone_guard.lab.variants import joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nplusone_guard.lab.bench import Bench, Changes, Run
    from nplusone_guard.lab.operations import Call
    from nplusone_guard.trace import CallSite, QueryGroup


class Candidate(NamedTuple):
    """Calls on a root queryset.

    ``finding``: the id of the finding whose fix they are; empty where they are none's.
    """

    root: QueryGroup
    calls: tuple[Call, ...]
    finding: str = ""
    where: CallSite | None = None

    def chosen(self) -> ChosenFix:
        """As it is handed out."""
        return ChosenFix(code_of(self.calls), self.finding, self.where or built(self.root))

    @property
    def model(self) -> Any:
        """The model of the root's rows."""
        access = self.root.access
        label = access.model if access is not None else None
        return apps.get_model(label) if label is not None else None


Set = tuple[Candidate, ...]


def changes_of(candidates: Iterable[Candidate]) -> Changes:
    """The change of each root queryset, from the calls of all that change it."""
    parts: dict[Any, list[tuple[Call, ...]]] = {}
    for each in candidates:
        parts.setdefault(origin_of(each.root), []).append(each.calls)
    return {origin: partial(applied, calls=together(calls)) for origin, calls in parts.items()}


class Search:
    """Sets of fixes, each run once, the cheapest that changes no result kept.

    ``tried``: how many sets were run.
    """

    def __init__(self, bench: Bench, before: Run, most: int) -> None:
        self._bench = bench
        self._before = before
        self._most = most
        self.tried = 0
        self.best: Set = ()
        self.run = before

    def know(self, chosen: Set, run: Run) -> bool:
        """Take a set that was run; whether it is the best so far."""
        self.tried += 1
        if not self._bench.same(self._before, run) or _rank(run) >= _rank(self.run):
            return False
        self.best, self.run = chosen, run
        return True

    def attempt(self, chosen: Set) -> bool:
        """Run a set, as long as runs are left; whether it is the best so far."""
        if self.tried >= self._most or not chosen:
            return False
        run = self._bench.run(changes_of(chosen))
        return not run.session.refused and self.know(chosen, run)

    def go_on(self, further: Sequence[Candidate]) -> None:
        """From the best set: add what spares more, take dearer forms back, drop what is idle."""
        for each in further:
            self.attempt((*self.best, each))
        for number, each in enumerate(self.best):
            tighter = each._replace(calls=joined(each.model, each.calls))
            if tighter.calls != each.calls:
                self.attempt((*self.best[:number], tighter, *self.best[number + 1 :]))
        for each in self.best if len(self.best) > 1 else ():
            self._drop(each)

    def _drop(self, idle: Candidate) -> None:
        """Leave out what the others do already, even where that saves nothing."""
        left = tuple(each for each in self.best if each is not idle)
        if self.tried >= self._most or len(left) == len(self.best):
            return
        run = self._bench.run(changes_of(left))
        self.tried += 1
        if self._bench.same(self._before, run) and _rank(run) <= _rank(self.run):
            self.best, self.run = left, run


def _rank(run: Run) -> tuple[int, int]:
    cost = run.cost
    return cost.queries, cost.cells
