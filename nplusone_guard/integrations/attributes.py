"""What telemetry says of a report: bounded in number, and without a value from any request.

A path can hold what is secret (a token that resets a password), so none is in it: requests are
named by method and route.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from nplusone_guard.report.place import shown_path
from nplusone_guard.report.words import subject

if TYPE_CHECKING:
    from nplusone_guard.finding import Finding
    from nplusone_guard.report import Report

OTHER = "(other)"
NO_ROUTE = "(no route)"


class Bounded:
    """At most ``most`` texts, ever; what comes after them is ``"(other)"``.

    Routes and relations come from the code and are few; this holds where they do not.
    """

    def __init__(self, most: int = 500) -> None:
        self._most = most
        self._known: set[str] = set()
        self._lock = Lock()

    def __call__(self, text: str) -> str:
        if text in self._known:
            return text
        with self._lock:
            if len(self._known) >= self._most:
                return OTHER
            self._known.add(text)
        return text


routes = Bounded()
relations = Bounded()


_METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
)


def method_of(report: Report) -> str | None:
    """The method of a request, a client's own invention as ``_OTHER``; the kind of other work.

    https://opentelemetry.io/docs/specs/semconv/http/http-spans/ names it so.
    """
    method = report.trace.method
    if report.trace.status is None or method in _METHODS:
        return method
    return "_OTHER"


def route_of(report: Report) -> str:
    """The URL pattern, or the name of a task; ``(no route)`` where nothing matched."""
    route = report.trace.route
    return NO_ROUTE if route is None else routes(route or "/")


def relation_of(finding: Finding) -> str:
    """The relation, else what the statement is about: a table, or raw SQL."""
    return relations(subject({"relation": finding.relation, "sql": finding.shape.text}))


def summary_of(finding: Finding) -> str:
    """``SELECT shop_customer``: as ``db.query.summary`` of OpenTelemetry's conventions.

    https://opentelemetry.io/docs/specs/semconv/database/database-spans/#generating-a-summary-of-the-query
    """
    table = subject({"relation": None, "sql": finding.shape.text})
    return f"{finding.group.operation.upper()} {table}"


def place_of(finding: Finding) -> dict[str, Any]:
    """File, line and function of a finding, by OpenTelemetry's names; empty where unknown."""
    site = finding.location
    if site is None:
        return {}
    return {
        "code.file.path": shown_path(site.file),
        "code.line.number": site.line,
        "code.function.name": site.function,
    }
