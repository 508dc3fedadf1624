"""OpenTelemetry: the request's span says what it asked the database, metrics by route.

``NPLUSONE_GUARD = {"EXPORTERS": ["nplusone_guard.integrations.opentelemetry.export"]}``

Needs ``opentelemetry-api`` (the extra ``otel``); without an SDK it does nothing.  Names follow the
semantic conventions where there is one (``http.route``, ``db.query.summary``, ``code.*``:
https://opentelemetry.io/docs/specs/semconv/), else they begin with ``nplusone_guard``.

On the current span, the request's where Django is instrumented: ``nplusone_guard.queries``,
``.duplicates``, ``.rows``, ``.findings`` (numbers), ``.db.duration`` (seconds), ``.truncated``; and
an event ``nplusone_guard.finding`` for each finding.  Metrics: the histograms
``nplusone_guard.request.queries`` (``{query}``) and ``nplusone_guard.request.db.duration`` (``s``),
the counter ``nplusone_guard.findings`` (``{finding}``).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from opentelemetry import metrics, trace

from nplusone_guard import __version__
from nplusone_guard.integrations.attributes import (
    method_of,
    place_of,
    relation_of,
    route_of,
    summary_of,
)

if TYPE_CHECKING:
    from nplusone_guard.report import Report

_NAME = "nplusone_guard"
_MOST_EVENTS = 20
_QUERIES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def export(report: Report) -> None:
    """Tell the current span and the meter of a report; an exporter for ``EXPORTERS``."""
    _tell_span(report)
    _count(report)


def _tell_span(report: Report) -> None:
    span = trace.get_current_span()
    if not span.is_recording():
        return
    span.set_attributes(
        {
            f"{_NAME}.queries": report.queries,
            f"{_NAME}.duplicates": report.duplicates,
            f"{_NAME}.rows": report.rows,
            f"{_NAME}.findings": len(report.findings),
            f"{_NAME}.db.duration": report.db_ms / 1_000,
            f"{_NAME}.truncated": report.truncated,
        }
    )
    for finding in report.findings[:_MOST_EVENTS]:
        fix = finding.fix.code if finding.fix is not None else ""
        span.add_event(
            f"{_NAME}.finding",
            {
                f"{_NAME}.finding.id": finding.id,
                f"{_NAME}.finding.kind": finding.kind,
                f"{_NAME}.finding.count": finding.total,
                f"{_NAME}.finding.relation": relation_of(finding),
                **({f"{_NAME}.finding.fix": fix} if fix else {}),
                "db.query.summary": summary_of(finding),
                "db.query.text": finding.shape.text[:2_000],
                **place_of(finding),
            },
        )


def _count(report: Report) -> None:
    queries, seconds, findings = _instruments(metrics.get_meter_provider())
    of: dict[str, Any] = {"http.route": route_of(report)}
    method = method_of(report)
    if method is not None:
        of["http.request.method"] = method
    queries.record(report.queries, of)
    seconds.record(report.db_ms / 1_000, of)
    for finding in report.findings:
        findings.add(
            1,
            {
                "http.route": of["http.route"],
                f"{_NAME}.finding.kind": finding.kind,
                f"{_NAME}.finding.relation": relation_of(finding),
            },
        )


@cache
def _instruments(provider: metrics.MeterProvider) -> tuple[Any, Any, Any]:
    """Of one provider; the API hands on to one that is set later."""
    meter = provider.get_meter(_NAME, __version__)
    return (
        meter.create_histogram(
            f"{_NAME}.request.queries",
            "{query}",
            "Queries of a request.",
            explicit_bucket_boundaries_advisory=_QUERIES,
        ),
        meter.create_histogram(
            f"{_NAME}.request.db.duration",
            "s",
            "Time of a request in the database, execute and fetch.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        ),
        meter.create_counter(f"{_NAME}.findings", "{finding}", "Findings in requests."),
    )
