"""A badge on the pages of REST framework's browsable API: what this request cost, and its page.

What a request cost is known once its page is made, so the badge is put into the finished HTML:
no template of the project's is touched.  It is a link and a style sheet of the dashboard's own,
no script and no inline style, so that a project's Content-Security-Policy has nothing against it.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, TypeGuard

from asgiref.sync import sync_to_async

from nplusone_guard.conf import guard_settings
from nplusone_guard.dashboard import request_url
from nplusone_guard.dashboard.access import admitted
from nplusone_guard.dashboard.assets import asset_url
from nplusone_guard.dashboard.record import SEVERITIES
from nplusone_guard.dashboard.rendering import rendered
from nplusone_guard.report.words import counted

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponse, HttpResponseBase

    from nplusone_guard.report import Report

logger = logging.getLogger("nplusone_guard")

#: Where a response of the middleware's has its report.
_REPORT = "query_guard_report"
_END = re.compile(r"</body\s*>", re.IGNORECASE)
#: What must not be said of a page that is another one each time.
_VALIDATORS = ("ETag", "Last-Modified")


def badged(request: HttpRequest, response: HttpResponseBase) -> None:
    """Put the badge on a response that has its report, where it is one for it.  Never raises."""
    if takes_badge(response):
        _put(request, response)


async def badged_async(request: HttpRequest, response: HttpResponseBase) -> None:
    """As :func:`badged`, with the project's permission asked in a thread: it may run a query."""
    if takes_badge(response):
        await sync_to_async(_put)(request, response)


def takes_badge(response: HttpResponseBase) -> TypeGuard[HttpResponse]:
    """Whether it is a whole page of the browsable API, as it was rendered."""
    renderer = getattr(response, "accepted_renderer", None)
    if renderer is None or response.streaming or getattr(response, _REPORT, None) is None:
        return False
    try:
        from rest_framework.renderers import BrowsableAPIRenderer  # noqa: PLC0415  optional

        return (
            isinstance(renderer, BrowsableAPIRenderer)
            and guard_settings().dashboard.badge
            and response.headers.get("Content-Type", "").partition(";")[0].strip() == "text/html"
            and not response.has_header("Content-Encoding")
        )
    except Exception:
        logger.exception("The guard could not look at a response.")
        return False


def _put(request: HttpRequest, response: HttpResponse) -> None:
    try:
        page = request_url(request)
        if page is None or not admitted(request):
            return
        try:
            text = response.content.decode(response.charset)
        except (UnicodeDecodeError, LookupError):
            return  # it is not in the encoding that it says
        ends = [found.start() for found in _END.finditer(text)]
        if not ends:
            return
        at = ends[-1]
        badge = _badge(getattr(response, _REPORT), page)
        content = f"{text[:at]}{badge}{text[at:]}".encode(response.charset)
        if response.has_header("Content-Length"):
            response.headers["Content-Length"] = str(len(content))
        for name in _VALIDATORS:
            if response.has_header(name):
                del response.headers[name]
        response.content = content
    except Exception:
        logger.exception("The guard could not put its badge on a page.")


def _badge(report: Report, page: str) -> str:
    findings = report.findings
    severities = {finding.severity for finding in findings}
    if report.violations:
        severities.add("error")
    return rendered(
        "badge.html",
        {
            "style": asset_url("badge.css"),
            "url": page,
            "severity": next((each for each in SEVERITIES if each in severities), ""),
            "queries": counted(report.queries, "query"),
            "findings": counted(len(findings), "finding") if findings else "",
            "over": bool(report.violations),
        },
    )
