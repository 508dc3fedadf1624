"""Sentry: each finding an issue of its own, whose fingerprint is the finding's id.

``NPLUSONE_GUARD = {"EXPORTERS": ["nplusone_guard.integrations.sentry.export"]}``

Needs ``sentry-sdk`` (the extra ``sentry``), initialised by the project.  A finding is sent at most
once an hour by a process; how often it happens is a question for metrics.  Each leaves a
breadcrumb with its shape in the request, so that an error in the same request shows it.
"""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

import sentry_sdk

from nplusone_guard.integrations.attributes import (
    place_of,
    relation_of,
    route_of,
    summary_of,
)
from nplusone_guard.report.words import WORDINGS

if TYPE_CHECKING:
    from nplusone_guard.finding import Finding
    from nplusone_guard.report import Report

SECONDS_BETWEEN = 3_600.0
_MOST_KNOWN = 2_000

_sent: dict[str, float] = {}
_lock = Lock()


def export(report: Report) -> None:
    """Send what is new in a report; an exporter for ``EXPORTERS``."""
    for finding in report.findings:
        sentry_sdk.add_breadcrumb(
            category="query",
            type="query",
            level="warning",
            message=f"{finding.total}x {finding.shape.text[:500]}",
            data={"kind": finding.kind, "relation": relation_of(finding)},
        )
        if finding.severity != "info" and _is_due(finding.id):
            _send(report, finding)


def _is_due(name: str) -> bool:
    now = monotonic()
    with _lock:
        last = _sent.get(name)
        if last is not None and now - last < SECONDS_BETWEEN:
            return False
        if len(_sent) >= _MOST_KNOWN:
            _sent.clear()
        _sent[name] = now
    return True


def _without_request(event: Any, _: Any) -> Any:
    """The event without what the SDK's integrations add of the request: path, headers, body.

    Nor breadcrumbs, which may hold texts of anybody's log.
    """
    for key in ("request", "user", "transaction", "breadcrumbs"):
        event.pop(key, None)
    return event


def _send(report: Report, finding: Finding) -> None:
    wording = WORDINGS[finding.kind]
    fix = finding.fix
    with sentry_sdk.new_scope() as scope:
        scope.add_event_processor(_without_request)
        scope.fingerprint = ["nplusone_guard", finding.id]
        scope.set_level("warning")
        scope.set_tag("nplusone_guard.kind", finding.kind)
        scope.set_tag("nplusone_guard.relation", relation_of(finding))
        scope.set_tag("nplusone_guard.route", route_of(report))
        scope.set_context(
            "nplusone_guard",
            {
                "id": finding.id,
                "what": wording.short,
                "count": finding.total,
                "db_ms": round(finding.total_ms, 1),
                "queries of the request": report.queries,
                "field": finding.field_path,
                "fix": fix.code if fix is not None else None,
                "explanation": fix.explain if fix is not None else None,
                "statement": finding.shape.text[:2_000],
                "summary": summary_of(finding),
                **place_of(finding),
            },
        )
        sentry_sdk.capture_message(f"{wording.title} {relation_of(finding)} in {route_of(report)}")
