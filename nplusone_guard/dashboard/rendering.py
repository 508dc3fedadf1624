"""Pages from templates: an engine of the dashboard's own, whatever the project's is."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.template import Context, Engine

from nplusone_guard.dashboard.assets import asset_urls
from nplusone_guard.dashboard.links import link as url

if TYPE_CHECKING:
    from django.http import HttpRequest

#: What htmx must not do: nothing of it needs eval, inline style or another host.
_HTMX = (
    '{"allowEval":false,"allowScriptTags":false,"includeIndicatorStyles":false,'
    '"selfRequestsOnly":true,"historyCacheSize":0,"refreshOnHistoryMiss":true,'
    '"defaultSettleDelay":0}'
)


@cache
def _engine() -> Engine:
    # As names, not as paths, a package in an archive would need a loader of its own.
    folders = [
        files("nplusone_guard.dashboard").joinpath("templates"),
        files("nplusone_guard.report.html"),
    ]
    return Engine(dirs=[str(folder) for folder in folders], autoescape=True, debug=False)


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A whole page."""
    around = {
        "assets": asset_urls(),
        "csrf_token": get_token(request),
        "htmx_config": _HTMX,
        "urls": {name: url(name) for name in ("requests", "endpoints", "compare", "clear")},
    }
    return fragment(template, {**around, **context}, status=status)


def fragment(template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A part of a page."""
    return HttpResponse(
        rendered(template, context), content_type="text/html; charset=utf-8", status=status
    )


def rendered(template: str, context: dict[str, Any]) -> str:
    """A template's text.  The templates format nothing, so the locale changes nothing."""
    given = Context(context, autoescape=True, use_l10n=False, use_tz=False)
    return _engine().get_template(template).render(given)
