"""``ablate``: what is loaded and nobody reads, found by taking it away."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from nplusone_guard.advise.built import built
from nplusone_guard.advise.lineage import holds_code
from nplusone_guard.lab.bench import Bench
from nplusone_guard.lab.columns import unread_columns
from nplusone_guard.lab.origin import origin_of
from nplusone_guard.lab.outcome import Ablation, UnreadColumns, UnusedLookup
from nplusone_guard.lab.removals import cut, ends, taken_away, without
from nplusone_guard.lab.seen import Watch, leaves
from nplusone_guard.lab.told import reported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nplusone_guard.lab.bench import Changes, Run
    from nplusone_guard.lab.origin import Origin
    from nplusone_guard.lab.removals import Removal
    from nplusone_guard.lab.seen import Seen
    from nplusone_guard.trace import CallSite, QueryGroup


def ablate(  # noqa: PLR0913  what a caller of the lab can say
    call: Callable[[], Any],
    *,
    equal: Callable[[Any, Any], bool] | None = None,
    safe: bool = True,
    runs: int = 3,
    wide: int = 100,
    label: str = "call",
    allow_debug_off: bool = False,
    allow_this_database: bool = False,
) -> Ablation:
    """Run ``call()`` without each eager load and without columns; say what nobody missed.

    A join is unused where the result and the number of queries stay the same without it, and rows
    had an object to join.  A prefetch is unused where the result stays and queries are spared: one
    that is read costs as many without it, or more.  Columns are unread where nothing loads them
    once they are deferred, and the result stays.  Keys that a join needs are never deferred.

    What nobody reads is a fact of this call and these data: another request may need it.  Return
    what the call has read, not objects that are read later.

    ``wide``: bytes per row from which on an unread column is worth a ``defer()``.  The rest is as
    in :func:`nplusone_guard.lab.prove`, what is raised too.
    """
    bench = Bench(
        call,
        name="ablate()",
        label=label,
        equal=equal,
        safe=safe,
        allow_debug_off=allow_debug_off,
        allow_this_database=allow_this_database,
    )
    watch = Watch()
    before, unstable = bench.unchanged(watch.note)
    if unstable:
        return Ablation(label, before.cost, (), (), before.report, unstable)
    examined = list(examine(bench, before, watch, wide=wide, runs=runs))
    lookups = tuple(lookup for each in examined for lookup in each.lookups)
    columns = [each.columns for each in examined if each.columns is not None]
    columns.sort(key=lambda each: -each.bytes * each.rows)
    groups = {each.seen.origin: each.group for each in examined}
    report = reported(before.report, groups, lookups, columns)
    return Ablation(label, before.cost, lookups, tuple(columns), report)


class Examined(NamedTuple):
    """A queryset, and what of it nobody reads."""

    seen: Seen
    group: QueryGroup
    lookups: list[UnusedLookup]
    columns: UnreadColumns | None


class Known(Protocol):
    """What need not be tried, because somebody is known to read it."""

    def lookups(self, seen: Seen, group: QueryGroup) -> set[Removal]:
        """Eager loads of a queryset."""

    def columns(self, seen: Seen, group: QueryGroup) -> set[str]:
        """Columns of a queryset."""


def examine(  # noqa: PLR0913  what an experiment is made of
    bench: Bench, before: Run, watch: Watch, *, wide: int, runs: int, known: Known | None = None
) -> Iterator[Examined]:
    """Each queryset of a run that the project's code has a place for."""
    groups = {origin_of(group): group for group in before.report.groups}
    seen = [
        each
        for each in watch.seen.values()
        if each.rows and each.origin in groups and _is_own(each, groups[each.origin])
    ]
    seen.sort(key=lambda each: bool(each.through))  # what is prefetched, after what prefetches it
    removals = _Removals(bench, before, runs)
    for each in seen:
        if removals.has_all_of(each):
            continue
        group = groups[each.origin]
        lookups = list(removals.found(each, group, known.lookups(each, group) if known else set()))
        joins = [lookup.path for lookup in lookups if lookup.method == "select_related"]
        columns = unread_columns(
            each,
            group,
            bench,
            before,
            beside=joins,
            needed=known.columns(each, group) if known else set(),
            wide=wide,
            runs=runs,
        )
        yield Examined(each, group, lookups, columns)


def _is_own(seen: Seen, group: QueryGroup) -> bool:
    """Whether the project's code has a place for a change: not of what is loaded lazily."""
    if seen.through:
        return True
    return holds_code(group, repeated=False) and bool(group.path or built(group))


class _Removals:
    """What has been taken away so far, of all querysets.

    Each further removal is compared with the run without all those before it: what one queryset
    loads for nobody may be all that another one's rows are read for.
    """

    def __init__(self, bench: Bench, before: Run, runs: int) -> None:
        self._bench = bench
        self._before = before
        self._last = before
        self._runs = runs
        self._gone: dict[Origin, list[Removal]] = {}
        self._idle: dict[tuple[CallSite, ...], list[str]] = {}

    def has_all_of(self, seen: Seen) -> bool:
        """Whether a prefetch loaded it that is unused as a whole."""
        paths = self._idle.get(seen.origin.path, ())
        start = f"{seen.through}__"
        return bool(seen.through) and any(start.startswith(f"{path}__") for path in paths)

    def found(self, seen: Seen, group: QueryGroup, needed: set[Removal]) -> Iterator[UnusedLookup]:
        """The eager loads of one queryset that can go, those that lead to others last."""
        gone = self._gone.setdefault(seen.origin, [])
        while further := [each for each in _next(seen, gone) if each not in needed]:
            tried = further[0]
            last, before = self._last, self._changes()
            gone.append(tried)
            run = self._bench.run(self._changes())
            if not self._is_spared(run, seen.origin):
                needed.add(gone.pop())
                continue
            self._last = run
            if tried[0] == "prefetch_related":
                if run.report.queries == last.report.queries:
                    continue  # it runs no query, or is one object's; what leads to it may be idle
                self._idle.setdefault(seen.origin.path, []).append(tried[1])
            ms = self._bench.timed([before, self._changes()], self._runs)
            yield UnusedLookup(
                *tried,
                model=seen.model._meta.label,  # noqa: SLF001
                queryset=seen.origin,
                before=replace(last.cost, ms=ms[1]) if ms else last.cost,
                after=replace(run.cost, ms=ms[2]) if ms else run.cost,
                evaluated=group.site,
                origin=built(group),
            )

    def _changes(self) -> Changes:
        return {
            origin: partial(taken_away, removals=tuple(gone))
            for origin, gone in self._gone.items()
            if gone
        }

    def _is_spared(self, run: Run, origin: Origin) -> bool:
        """Whether a run without it gives the same result from no more queries."""
        if run.session.refused or origin not in run.session.met:
            return False
        same = self._bench.same(self._before, run)
        return same and run.report.queries <= self._last.report.queries


def _next(seen: Seen, gone: list[Removal]) -> Iterator[Removal]:
    """What leads to nothing else, once what is gone is gone."""
    selected, lookups = seen.selected, seen.lookups
    for method, path in gone:
        if method == "select_related":
            selected = cut(selected, path)
        else:
            lookups = without(lookups, path)
    if selected is True:
        yield "select_related", ""
    for path in leaves(selected):
        if seen.joined.get(path):  # nobody can read what no row has
            yield "select_related", path
    for path in ends(lookups):
        yield "prefetch_related", path
