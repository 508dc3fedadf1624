"""Slow: one execution took longer than ``SLOW_QUERY_MS``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nplusone_guard.finding import Finding, finding_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nplusone_guard.detect.options import Options
    from nplusone_guard.trace import Trace


def slow(trace: Trace, options: Options) -> Iterator[Finding]:
    """A statement whose slowest execution, fetch included, was over the limit."""
    if options.slow_ms is None:
        return
    for group in trace.groups:
        if group.peak_ms >= options.slow_ms and not group.is_transaction:
            yield Finding(
                kind="slow",
                id=finding_id("slow", trace.route, group),
                count=group.count,
                group=group,
                severity="warning",
            )
