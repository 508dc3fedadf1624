"""A panel of django-debug-toolbar: what the guard found in the request, and what to type.

Add ``"nplusone_guard.integrations.debug_toolbar.GuardPanel"`` to ``DEBUG_TOOLBAR_PANELS``. Where
``GuardMiddleware`` stands below the toolbar's its report is shown; where it stands above, or is not
installed, the panel traces by itself.
"""

from __future__ import annotations

import logging
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from debug_toolbar.panels import Panel
from django.conf import settings
from django.template import Context, Engine

from nplusone_guard.pipeline import Scope, open_scope
from nplusone_guard.report.html.sql import Statements
from nplusone_guard.report.place import site_of, source_line
from nplusone_guard.report.text import safe
from nplusone_guard.report.words import (
    WORDINGS,
    counted,
    place_name,
    subject,
    total,
    total_ms,
    walk,
)

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from nplusone_guard.report import Report

logger = logging.getLogger("nplusone_guard")

_MIDDLEWARE = "nplusone_guard.middleware.GuardMiddleware"
_TOOLBAR = "debug_toolbar.middleware.DebugToolbarMiddleware"
_MOST_STATEMENTS = 100


class GuardPanel(Panel):
    """Findings of the request with their fixes, and its statements by place."""

    title = "Query guard"
    is_async = True

    _scope: Scope | None = None

    @property
    def nav_subtitle(self) -> str:
        """``152 queries, 2 findings``."""
        report = self.get_stats().get("report")
        if report is None:
            return "not traced"
        found = counted(len(report["findings"]), "finding") if report["findings"] else "ok"
        return f"{counted(report['queries'], 'query')}, {found}"

    @property
    def has_content(self) -> bool:
        """Whether there is a report to show."""
        return self.get_stats().get("report") is not None

    @property
    def is_historical(self) -> bool:
        """It is kept and shown with earlier requests as well."""
        return True

    @property
    def content(self) -> str:
        """The page of the panel; its template needs nothing of the project's."""
        report = self.get_stats()["report"]
        template = files("nplusone_guard.integrations").joinpath("debug_toolbar.html")
        engine = Engine(autoescape=True, debug=False)
        found = engine.from_string(template.read_text("utf-8"))
        return str(found.render(Context({"report": _shown(report)}, autoescape=True)))

    def process_request(self, request: HttpRequest) -> Any:
        """Trace, where the middleware does not."""
        if not _guard_is_inside():
            try:
                self._scope = open_scope(f"{request.method} {request.path}")
                self._scope.method = request.method
            except Exception:
                logger.exception("The guard's panel could not begin to trace a request.")
        if self._scope is None:
            return self.get_response(request)
        try:
            response = self.get_response(request)
        except BaseException:
            self._leave()
            raise
        if hasattr(response, "__await__"):
            return self._awaited(response)
        self._leave()
        return response

    async def _awaited(self, response: Any) -> Any:
        try:
            return await response
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._scope is not None:
            self._scope.deactivate()
            self._scope.close()

    def generate_stats(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Keep the report as plain data."""
        try:
            report = self._report(request, response)
            self.record_stats({"report": None if report is None else report.to_dict()})
        except Exception:
            logger.exception("The guard's panel could not keep a report.")

    def _report(self, request: HttpRequest, response: HttpResponseBase) -> Report | None:
        if self._scope is None:
            report: Report | None = getattr(response, "query_guard_report", None)
            return report
        match = request.resolver_match
        self._scope.route = match.route if match is not None else None
        self._scope.status = response.status_code
        return self._scope.finish()


def _guard_is_inside() -> bool:
    """Whether the middleware has its report when the toolbar asks for it: it stands further in."""
    names = list(settings.MIDDLEWARE)
    return _MIDDLEWARE in names and (
        _TOOLBAR not in names or names.index(_TOOLBAR) < names.index(_MIDDLEWARE)
    )


def _shown(report: dict[str, Any]) -> dict[str, Any]:
    """What the template shows, as text."""
    statements = Statements()
    groups = sorted(report["groups"], key=lambda group: -group["db_ms"])
    return {
        "figures": ", ".join(
            [
                counted(report["queries"], "query"),
                counted(report["duplicates"], "duplicate"),
                counted(report["rows"], "row"),
                f"{report['db_ms']:.1f} of {report['wall_ms']:.1f} ms in the database",
            ]
        ),
        "violations": [
            f"over budget: {each['actual']:g} {each['limit']}, allowed {each['allowed']:g}"
            for each in report["violations"]
        ],
        "findings": [_finding(finding, statements) for finding in report["findings"]],
        "groups": [
            {
                "count": f"{group['count']:,}",
                "ms": f"{group['db_ms']:.1f}",
                "rows": f"{group['rows']:,}",
                "place": place_name(group["location"]) or "",
                "sql": statements.shown(group["sql"]),
            }
            for group in groups[:_MOST_STATEMENTS]
        ],
        "more": max(0, len(groups) - _MOST_STATEMENTS),
    }


def _finding(finding: dict[str, Any], statements: Statements) -> dict[str, Any]:
    fix = finding["fix"]
    levels = list(walk(finding))
    return {
        "title": WORDINGS[finding["kind"]].title,
        "short": WORDINGS[finding["kind"]].short,
        "count": f"{total(finding):,}",
        "subject": subject(finding),
        "ms": f"{total_ms(finding):.1f}",
        "field": safe(finding["field_path"] or ""),
        "at": place_name(finding["location"]),
        "source": _source(finding["location"]),
        "levels": [
            f"{each['count']:,}x {subject(each)}  {safe(each['field_path'] or '')}"
            for each in (levels if len(levels) > 1 else ())
        ],
        "code": "\n".join(safe(line) for line in fix["code"].splitlines()) if fix else "",
        "explain": safe(fix["explain"]) if fix else "",
        "there": place_name(fix["where"]) if fix else None,
        "there_source": _source(fix["where"]) if fix else None,
        "sql": statements.shown(finding["sql"]),
    }


def _source(location: dict[str, Any] | None) -> dict[str, str] | None:
    """A line of source in three parts, of which the middle is marked."""
    line = source_line(site_of(location)) if location is not None else None
    if line is None:
        return None
    text, start, end = line
    return {
        "before": safe(text[:start]),
        "marked": safe(text[start:end]),
        "after": safe(text[end:]),
    }
