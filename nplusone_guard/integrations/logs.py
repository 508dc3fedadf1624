"""Structured logs: one JSON line a request, with stable keys.

``NPLUSONE_GUARD = {"EXPORTERS": ["nplusone_guard.integrations.logs.export"]}``

To the logger ``nplusone_guard.requests``, at ``INFO``, or ``WARNING`` where something is wrong; the
record also has the keys as its attribute ``guard``, for formatters that make JSON themselves.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from nplusone_guard.integrations.attributes import method_of
from nplusone_guard.report.place import shown_path

if TYPE_CHECKING:
    from nplusone_guard.finding import Finding
    from nplusone_guard.report import Report

logger = logging.getLogger("nplusone_guard.requests")

_MOST_FINDINGS = 20


def export(report: Report) -> None:
    """Log a report as a line; an exporter for ``EXPORTERS``."""
    level = logging.WARNING if report.findings or report.violations else logging.INFO
    if logger.isEnabledFor(level):
        line = to_line(report)
        logger.log(level, "%s", json.dumps(line, ensure_ascii=True), extra={"guard": line})


def to_line(report: Report) -> dict[str, Any]:
    """The keys of a line; a path is not among them, since it may hold what is secret."""
    trace = report.trace
    return {
        "event": "nplusone_guard.request",
        "version": 1,
        "method": method_of(report),
        "route": trace.route,
        "status": trace.status,
        "queries": report.queries,
        "duplicates": report.duplicates,
        "rows": report.rows,
        "db_ms": round(report.db_ms, 3),
        "wall_ms": round(report.wall_ms, 3),
        "truncated": report.truncated,
        "findings": [_finding(each) for each in report.findings[:_MOST_FINDINGS]],
        "violations": [
            {"limit": each.limit, "allowed": each.allowed, "actual": round(each.actual, 3)}
            for each in report.violations
        ],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    site = finding.location
    return {
        "id": finding.id,
        "kind": finding.kind,
        "count": finding.total,
        "relation": finding.relation,
        "shape": finding.shape.id,
        "at": None if site is None else f"{shown_path(site.file)}:{site.line}",
        "fix": finding.fix.code if finding.fix is not None else None,
    }
