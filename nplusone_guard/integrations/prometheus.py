"""Prometheus: histograms and a counter in the client library's default registry.

``NPLUSONE_GUARD = {"EXPORTERS": ["nplusone_guard.integrations.prometheus.export"]}``

Needs ``prometheus_client`` (the extra ``prometheus``).  Where django-prometheus serves
``/metrics``, they are in it; so are they with the client library's own multiprocess mode.

``nplusone_guard_request_queries`` and ``nplusone_guard_request_db_seconds`` by ``method`` and
``route``, ``nplusone_guard_findings_total`` by ``kind``, ``route`` and ``relation``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Counter, Histogram

from nplusone_guard.integrations.attributes import method_of, relation_of, route_of

if TYPE_CHECKING:
    from nplusone_guard.report import Report

_QUERIES = Histogram(
    "nplusone_guard_request_queries",
    "Queries of a request.",
    ["method", "route"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000),
)
_SECONDS = Histogram(
    "nplusone_guard_request_db_seconds",
    "Time of a request in the database, execute and fetch.",
    ["method", "route"],
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_FINDINGS = Counter(
    "nplusone_guard_findings", "Findings in requests.", ["kind", "route", "relation"]
)


def export(report: Report) -> None:
    """Count a report; an exporter for ``EXPORTERS``."""
    method, route = method_of(report) or "", route_of(report)
    _QUERIES.labels(method, route).observe(report.queries)
    _SECONDS.labels(method, route).observe(report.db_ms / 1_000)
    for finding in report.findings:
        _FINDINGS.labels(finding.kind, route, relation_of(finding)).inc()
