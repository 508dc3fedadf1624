"""Unbounded: a request read a result that grows with the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nplusone_guard.finding import Finding, finding_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nplusone_guard.detect.options import Options
    from nplusone_guard.trace import QueryGroup, Trace

#: Methods that read in chunks, and so hold no more than one of them.
_STREAMING = frozenset({"iterator", "_iterator", "aiterator"})


def unbounded(trace: Trace, options: Options) -> Iterator[Finding]:
    """A SELECT without LIMIT that gave a request more than ``UNBOUNDED_ROWS`` rows at once."""
    if options.unbounded_rows is None or trace.method is None:
        return
    for group in trace.groups:
        if group.peak_rows > options.unbounded_rows and _is_unlimited(group):
            yield Finding(
                kind="unbounded",
                id=finding_id("unbounded", trace.route, group),
                count=group.count,
                group=group,
                severity="warning",
            )


def _is_unlimited(group: QueryGroup) -> bool:
    access = group.access
    return (
        group.operation == "select"
        and group.limit is None
        and not (access is not None and access.operation in {"prefetch", "delete"})
        and not (access is not None and access.method in _STREAMING)
        # What FETCH_PEERS loads for many rows at once is theirs: as with a prefetch, they say it.
        and not (access is not None and access.peers and access.is_lazy and not access.many)
    )
