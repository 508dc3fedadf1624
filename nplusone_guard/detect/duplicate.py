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
    for groups in _questions(trace):
        if _executions(groups) >= options.threshold:
            lead, *others = (_finding(trace, group) for group in groups)
            yield replace(lead, nested=tuple(others))


def redundant(trace: Trace) -> int:
    """Executions of a trace that asked again for nothing; those of an N+1 are counted there."""
    return sum(_executions(groups) - 1 for groups in _questions(trace))


def _questions(trace: Trace) -> list[list[QueryGroup]]:
    """The groups by what they ask; of those that may be a duplicate."""
    questions: dict[int, list[QueryGroup]] = {}
    for number, group in enumerate(trace.groups):
        if not is_legitimate(group) and not _loops(group):
            questions.setdefault(_first(trace, number), []).append(group)
    return list(questions.values())


def _executions(groups: list[QueryGroup]) -> int:
    """How often one question was asked, not counting when the answer may have changed."""
    return sum(group.redundant + 1 for group in groups)


def _first(trace: Trace, number: int) -> int:
    """The index of the group that asked first."""
    echoed = trace.groups[number].echoes
    while echoed is not None and echoed < number:
        number, echoed = echoed, trace.groups[echoed].echoes
    return number


def _loops(group: QueryGroup) -> bool:
    """Whether it is an N+1, whose repetition is counted there."""
    return group.calls > 1 and is_row_by_row(group)


def _finding(trace: Trace, group: QueryGroup) -> Finding:
    return Finding(
        kind="duplicate",
        id=finding_id("duplicate", trace.route, group),
        count=group.redundant + 1,
        group=group,
        severity="warning",
    )
