"""Duplicate: the same question asked again, from anywhere, and nothing was written meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nplusone_guard.detect.legitimate import is_legitimate
from nplusone_guard.detect.n_plus_one import is_row_by_row
from nplusone_guard.finding import Finding, finding_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nplusone_guard.detect.options import Options
    from nplusone_guard.trace import QueryGroup, Trace


def duplicate(trace: Trace, options: Options) -> Iterator[Finding]:
    """One statement with one set of parameters, run again for nothing; all its places in one."""
    questions: dict[int, list[QueryGroup]] = {}
    for number, group in enumerate(trace.groups):
        first = number if group.echoes is None else _first(trace, number)
        questions.setdefault(first, []).append(group)
    for groups in questions.values():
        asked = [group for group in groups if not is_legitimate(group) and not _loops(group)]
        count = 1 + sum(redundant(group) for group in asked)
        if len(asked) > 0 and count >= max(options.threshold, 2):
            lead, *others = (_finding(trace, group) for group in asked)
            yield replace(lead, nested=tuple(others))


def _finding(trace: Trace, group: QueryGroup) -> Finding:
    return Finding(
        kind="duplicate",
        id=finding_id("duplicate", trace.route, group),
        count=group.redundant + 1,
        group=group,
        severity="warning",
    )


def _first(trace: Trace, number: int) -> int:
    """The index of the group that asked first."""
    echoed = trace.groups[number].echoes
    while echoed is not None and echoed < number and not _loops(trace.groups[echoed]):
        number, echoed = echoed, trace.groups[echoed].echoes
    return number


def _loops(group: QueryGroup) -> bool:
    """Whether it is an N+1, whose repetition is counted there."""
    return group.calls > 1 and is_row_by_row(group)


def redundant(group: QueryGroup) -> int:
    """Executions of a group that could be spared; those of an N+1 are counted there."""
    if is_legitimate(group) or _loops(group):
        return 0
    return group.redundant + (group.echoes is not None)
