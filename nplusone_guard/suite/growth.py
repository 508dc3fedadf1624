"""Growth: the statements of which more run as the data grows.

Plain functions over the reports of one call at several sizes.  Statements are compared by their
shape, so that an ``IN`` list that grows is one statement, and by the ORM calls that ran them, so
that a prefetch in chunks or a ``bulk_create`` in batches is one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from nplusone_guard.detect.legitimate import reads_in_chunks
from nplusone_guard.finding import Finding, finding_id
from nplusone_guard.suite.order import Order, fit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nplusone_guard.report import Report
    from nplusone_guard.trace import CallSite, QueryGroup

    _Statement = tuple[str, str]
    _Path = tuple[str, str, tuple[CallSite, ...], str]

_LOOPS = frozenset({"n_plus_one", "write_loop", "duplicate"})


@dataclass(frozen=True, slots=True)
class Grown:
    """Statements that one line mends, and their number at each size.

    ``finding``: from the run that ran them most, with its fix; where that run has none, a bare
    one with place and shape alone.  ``places``: how many places run the statement.
    ``report``: that run's.
    """

    counts: tuple[int, ...]
    finding: Finding
    places: int
    report: Report


@dataclass(frozen=True, slots=True)
class Growth:
    """What a call did at each size of the data.

    ``queries`` and ``rows``: executed statements and rows fetched at each of ``sizes``.
    ``order``: how the statements in ``grown`` grow.  ``report``: the one of the largest size.
    """

    label: str
    sizes: tuple[int, ...]
    queries: tuple[int, ...]
    rows: tuple[int, ...]
    order: Order
    grown: tuple[Grown, ...]
    report: Report

    def __str__(self) -> str:
        from nplusone_guard.report.growth import render_growth  # noqa: PLC0415  loads on use

        return render_growth(self)


def growth(label: str, sizes: Sequence[int], reports: Sequence[Report]) -> Growth:
    """Compare the reports of one call at rising sizes.

    Left out: statements of transactions, of sessions and authentication, look-ups of content
    types, results read in pages, and what an allowance covers.
    """
    accepted = {path for report in reports for path in _accepted(report)}
    runs = [
        [group for group in report.groups if _path(group) not in accepted] for report in reports
    ]
    calls = [_sums(run, lambda group: group.calls) for run in runs]
    counts = [_sums(run, lambda group: group.count) for run in runs]
    statements = list(dict.fromkeys(_statement(group) for run in runs for group in run))
    grown = [each for each in statements if _grows(sizes, [run[each] for run in calls])]
    if not grown and _grows_in_all(sizes, [run.total() for run in counts]):
        grown = [each for each in statements if _rises([run[each] for run in counts])]
    total = [sum(run[each] for each in grown) for run in counts]
    return Growth(
        label=label,
        sizes=tuple(sizes),
        queries=tuple(report.queries for report in reports),
        rows=tuple(report.rows for report in reports),
        order=fit(sizes, total),
        grown=tuple(_causes(grown, runs, counts, reports)),
        report=reports[-1],
    )


def _accepted(report: Report) -> Iterator[_Path]:
    for group in report.groups:
        lookup = group.access is not None and group.access.operation == "content type"
        if group.is_transaction or group.excuse or lookup or reads_in_chunks(group):
            yield _path(group)
    for suppressed in report.suppressed:
        yield from (_path(each.group) for each in suppressed.finding.walk())


def _grows(sizes: Sequence[int], calls: Sequence[int]) -> bool:
    """Whether more calls ran one statement at a larger size.

    A single one proves nothing: where the smaller data had no use for it, it was not sent.
    """
    for (size, few), (larger, many) in combinations(zip(sizes, calls, strict=True), 2):
        # What the first row brings along is no growth, even where one statement has two uses.
        least = 1 if size else max(2, larger // 2)
        if many >= max(2, few + least):
            return True
    return False


def _grows_in_all(sizes: Sequence[int], totals: Sequence[int]) -> bool:
    """Whether each row adds a statement of its own shape, or a request of its own."""
    return any(
        size and many - few >= max(2, larger - size)
        for (size, few), (larger, many) in combinations(zip(sizes, totals, strict=True), 2)
    )


def _rises(counts: Sequence[int]) -> bool:
    return any(few < many for few, many in combinations(counts, 2))


def _causes(
    grown: Iterable[_Statement],
    runs: Sequence[Sequence[QueryGroup]],
    counts: Sequence[Counter[_Statement]],
    reports: Sequence[Report],
) -> list[Grown]:
    """The growth by what mends it, the most first; what one finding explains is one."""
    causes: dict[int, Grown] = {}
    for statement in grown:
        numbers = [run[statement] for run in counts]
        most = numbers.index(max(numbers))
        groups = [group for group in runs[most] if _statement(group) == statement]
        explained = [
            (finding, _numbers(finding, runs))
            for finding in reports[most].findings
            if finding.kind in _LOOPS
            and any(_statement(each.group) == statement for each in finding.walk())
        ]
        rising = [(finding, tally) for finding, tally in explained if _rises(tally)]
        for finding, tally in rising or [(_bare(groups), tuple(numbers))]:
            places = 1 if rising else len({group.site for group in groups})
            causes.setdefault(id(finding), Grown(tally, finding, places, reports[most]))
    return sorted(causes.values(), key=lambda each: min(each.counts) - max(each.counts))


def _numbers(finding: Finding, runs: Sequence[Sequence[QueryGroup]]) -> tuple[int, ...]:
    paths = {_path(each.group) for each in finding.walk()}
    return tuple(sum(group.count for group in run if _path(group) in paths) for run in runs)


def _bare(groups: Sequence[QueryGroup]) -> Finding:
    group = max(groups, key=lambda group: group.count)
    return Finding(
        kind="n_plus_one",
        id=finding_id("n_plus_one", None, group),
        count=group.count,
        group=group,
        severity="error",
    )


def _sums(run: Iterable[QueryGroup], number: Callable[[QueryGroup], int]) -> Counter[_Statement]:
    sums: Counter[_Statement] = Counter()
    for group in run:
        sums[_statement(group)] += number(group)
    return sums


def _statement(group: QueryGroup) -> _Statement:
    return group.database, group.shape.id


def _path(group: QueryGroup) -> _Path:
    field = group.field.text if group.field else ""
    return group.database, group.shape.id, group.path, field
