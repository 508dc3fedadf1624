"""What is loaded lazily and is no finding, because it ran once: a join spares it all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nplusone_guard.advise.columns import left_out_keys, loaded_columns
from nplusone_guard.advise.lineage import lineage
from nplusone_guard.advise.lookups import query_path
from nplusone_guard.lab.operations import Call, NotMechanical, parse
from nplusone_guard.lab.origin import origin_of
from nplusone_guard.trace import JOINABLE_OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nplusone_guard.trace import QueryGroup, Step, Trace

_COLUMN = "deferred column"


def loaded_once(
    trace: Trace, mended: Iterable[QueryGroup]
) -> Iterator[tuple[QueryGroup, tuple[Call, ...]]]:
    """Root groups of a trace with the calls that spare lazy loads behind them.

    ``mended``: the groups that fixes take care of already.
    """
    known = {origin_of(group) for group in mended}
    joins: dict[int, list[tuple[Step, ...]]] = {}
    columns: dict[int, list[str]] = {}
    for number, group in enumerate(trace.groups):
        access = group.access
        if access is None or group.chained or access.early or origin_of(group) in known:
            continue
        if access.operation not in JOINABLE_OPERATIONS | {_COLUMN}:
            continue
        way = lineage(trace, number, ())
        if way.origin is None or not all(step.joinable for step in way.steps):
            continue
        if access.operation == _COLUMN:
            path = query_path(way.steps)
            name = f"{path}__{access.lookup}" if path else str(access.lookup)
            columns.setdefault(way.origin, []).append(name)
        else:
            joins.setdefault(way.origin, []).append(way.steps)
    for number in sorted({*joins, *columns}):
        calls = _calls(trace.groups[number], joins.get(number, []), columns.get(number, []))
        if calls:
            yield trace.groups[number], calls


def _calls(root: QueryGroup, paths: list[tuple[Step, ...]], missing: list[str]) -> tuple[Call, ...]:
    source = root.source
    if source is None or source.kind != "queryset":
        return ()
    calls: tuple[Call, ...] = ()
    missing = [*missing, *left_out_keys(source, paths)]
    if missing and source.deferred:
        try:
            calls = parse(loaded_columns(source, missing))
        except NotMechanical:
            return ()
    names = dict.fromkeys(map(query_path, paths))
    return (*calls, Call("select_related", tuple(names))) if names else calls
