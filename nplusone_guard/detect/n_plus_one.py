"""N+1: one call path runs a statement again and again for other rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nplusone_guard.detect.legitimate import is_legitimate, lists_a_batch, reads_in_chunks
from nplusone_guard.finding import Finding, finding_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nplusone_guard.detect.options import Options
    from nplusone_guard.trace import QueryGroup, Trace


def n_plus_one(trace: Trace, options: Options) -> Iterator[Finding]:
    """A relation or column loaded lazily, or a read with varying parameters, in a loop."""
    for group in trace.groups:
        if group.calls >= options.threshold and is_row_by_row(group):
            yield Finding(
                kind="n_plus_one",
                id=finding_id("n_plus_one", trace.route, group),
                count=group.count,
                group=group,
                severity="error",
            )


def is_row_by_row(group: QueryGroup) -> bool:
    """Whether repeating the group means loading row by row."""
    if is_legitimate(group):
        return False
    if group.access is not None and group.access.is_lazy:
        return True
    return group.varied and not reads_in_chunks(group) and not lists_a_batch(group)
