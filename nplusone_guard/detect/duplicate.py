"""Duplicate: one call path asks the same question again, and nothing was written meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nplusone_guard.detect.legitimate import is_legitimate
from nplusone_guard.detect.n_plus_one import is_row_by_row
from nplusone_guard.finding import Finding, finding_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nplusone_guard.detect.options import Options
    from nplusone_guard.trace import QueryGroup, Trace


def duplicate(trace: Trace, options: Options) -> Iterator[Finding]:
    """One statement with one set of parameters, run again for nothing."""
    for group in trace.groups:
        repeated = redundant(group)
        if repeated and repeated + 1 >= options.threshold:
            yield Finding(
                kind="duplicate",
                id=finding_id("duplicate", trace.route, group),
                count=repeated + 1,
                group=group,
                severity="warning",
            )


def redundant(group: QueryGroup) -> int:
    """Executions of a group that could be spared; those of an N+1 are counted there."""
    if is_legitimate(group) or is_row_by_row(group):
        return 0
    return group.redundant
