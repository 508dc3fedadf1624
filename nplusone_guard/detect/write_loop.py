"""Write loop: rows written one statement at a time, where one statement could write them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nplusone_guard.finding import Finding, finding_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nplusone_guard.detect.options import Options
    from nplusone_guard.trace import Trace

_WRITES = frozenset({"insert", "update", "delete"})


def write_loop(trace: Trace, options: Options) -> Iterator[Finding]:
    """``save()``, ``create()``, ``update()`` or ``delete()`` in a loop."""
    for group in trace.groups:
        if group.operation in _WRITES and group.excuse is None and group.calls >= options.threshold:
            yield Finding(
                kind="write_loop",
                id=finding_id("write_loop", trace.route, group),
                count=group.count,
                group=group,
                severity="warning",
            )
