"""What the guard finds, as lines of the log: a slow query in production is one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from nplusone_guard import Report

log = structlog.get_logger("nplusone_guard")

MOST_SQL = 1_000


def log_findings(report: Report) -> None:
    """A reporter for ``NPLUSONE_GUARD``: a warning for each finding and each limit exceeded.

    ``kind`` is what to watch: ``slow``, ``n_plus_one``, ``duplicate`` …  SQL is the statement's
    shape, which has no parameters and no literals.
    """
    route = report.trace.route
    for finding in report.findings:
        place = finding.location
        log.warning(
            "query finding",
            kind=finding.kind,
            route=route,
            count=finding.total,
            total_ms=round(finding.total_ms, 1),
            peak_ms=round(finding.group.peak_ms, 1),
            relation=finding.relation,
            place=f"{place.file}:{place.line}" if place else None,
            sql=finding.shape.text[:MOST_SQL],
        )
    for violation in report.violations:
        log.warning("over budget", kind="budget", route=route, limit=str(violation))
