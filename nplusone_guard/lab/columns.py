"""The columns of a queryset that nobody reads: all of them deferred, and what is loaded watched."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from nplusone_guard.advise.built import built
from nplusone_guard.lab.outcome import UnreadColumn, UnreadColumns
from nplusone_guard.lab.removals import with_columns

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from nplusone_guard.lab.bench import Bench, Changes, Run
    from nplusone_guard.lab.seen import Seen
    from nplusone_guard.trace import QueryGroup

#: How often what turned out to be read is taken back, before nothing is said.
_TURNS = 6


def unread_columns(  # noqa: PLR0913  what an experiment is made of
    seen: Seen,
    group: QueryGroup,
    bench: Bench,
    before: Run,
    *,
    beside: Iterable[str],
    needed: Container[str] = (),
    wide: int,
    runs: int,
) -> UnreadColumns | None:
    """What nobody reads of a queryset; ``None`` where all of it is read, or it can't be told.

    ``beside``: paths of joins that are unused as a whole; ``needed``: columns not to be tried.

    A column that is read shows itself in the trace: it is loaded by a query of its own.
    """
    starts = tuple(f"{path}__" for path in beside)
    tried = [
        name
        for name in seen.columns
        if name not in seen.keys and name not in needed and not name.startswith(starts)
    ]
    unread = _unread(seen, bench, before, tried)
    if not unread:
        return None
    columns = tuple(
        UnreadColumn(name, seen.columns[name], seen.columns[name] >= wide)
        for name in sorted(unread, key=lambda name: (-seen.columns[name], name))
    )
    heavy = [each.name for each in columns if each.wide]
    run = bench.run(_changes(seen, heavy or unread))
    if not _is_same(bench, before, run):
        return None
    cost, after = before.cost, run.cost
    ms = bench.timed([_changes(seen, heavy)], runs) if heavy else []
    if ms:
        cost, after = replace(cost, ms=ms[0]), replace(after, ms=ms[1])
    return UnreadColumns(
        model=seen.model._meta.label,  # noqa: SLF001
        queryset=seen.origin,
        columns=columns,
        code=_code(seen, heavy) if heavy else "",
        rows=seen.rows,
        before=cost,
        after=after,
        through=seen.through,
        evaluated=group.site,
        origin=built(group),
    )


def _unread(seen: Seen, bench: Bench, before: Run, tried: list[str]) -> list[str]:
    """The columns of those tried that can all be deferred at once; empty where none can."""
    for _ in range(_TURNS):
        if not tried:
            return []
        run = bench.run(_changes(seen, tried))
        if _is_same(bench, before, run):
            return tried
        if run.session.refused or not run.session.met:
            return []
        read = set(_read(seen, run, before))
        left = [name for name in tried if name not in read]
        if len(left) == len(tried):
            return _one_by_one(seen, bench, before, tried)
        tried = left
    return []


def _one_by_one(seen: Seen, bench: Bench, before: Run, names: Iterable[str]) -> list[str]:
    """Where deferring all says nothing: each on top of those found so far, wide ones first."""
    found: list[str] = []
    for name in sorted(names, key=lambda name: -seen.columns[name]):
        if _is_same(bench, before, bench.run(_changes(seen, [*found, name]))):
            found.append(name)
    return found


def _read(seen: Seen, run: Run, before: Run) -> Iterator[str]:
    """The names of columns that were loaded after all.

    Two joins of one model are not told apart: a column of either counts as read of both.
    """
    known = {(group.path, group.shape.id) for group in before.report.groups}
    for group in run.report.groups:
        access = group.access
        if access is None or access.operation != "deferred column" or access.lookup is None:
            continue
        if (group.path, group.shape.id) in known:
            continue
        for path, model in seen.models.items():
            labels = {each._meta.label for each in model.__mro__ if hasattr(each, "_meta")}  # noqa: SLF001
            if {access.instance_model, access.model} & labels:
                name = f"{path}__{access.lookup}" if path else access.lookup
                yield name
                yield name.removesuffix("_id")


def _is_same(bench: Bench, before: Run, run: Run) -> bool:
    return (
        bool(run.session.met)
        and not run.session.refused
        and bench.same(before, run)
        and run.report.queries <= before.report.queries
    )


def _changes(seen: Seen, deferred: Iterable[str]) -> Changes:
    """``only()`` in either case: of an ``only()`` that loses all its names Django loads all."""
    gone = set(deferred)
    left = [name for name in seen.columns if name not in gone]
    return {seen.origin: partial(with_columns, names=left)}


def _code(seen: Seen, heavy: list[str]) -> str:
    gone = set(heavy)
    if seen.only:
        left = [name for name in seen.columns if name not in gone]
        call = f"only({_quoted(left)})"
    else:
        call = f"defer({_quoted(heavy)})"
    if not seen.through:
        return call
    manager = seen.model._default_manager.name  # noqa: SLF001
    rows = f"{seen.model.__name__}.{manager}.{call}"
    return f'prefetch_related(Prefetch("{seen.through}", queryset={rows}))'


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
