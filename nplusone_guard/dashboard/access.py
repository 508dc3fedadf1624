"""Who may see the dashboard, and what its pages forbid the browser."""

from __future__ import annotations

import logging
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.db.transaction import non_atomic_requests
from django.urls import Resolver404
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from nplusone_guard.conf import guard_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    View = Callable[..., HttpResponse]

logger = logging.getLogger("nplusone_guard")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def guarded(*methods: str) -> Callable[[View], View]:
    """A view of the dashboard: for whom the settings admit, with these methods.

    To all others the page is not there: the same 404 as for an unknown path, before any look at
    the request's method or its CSRF token.
    """

    def decorate(view: View) -> View:
        inner: View = csrf_protect(require_http_methods([*methods])(view))

        @wraps(view)
        def outer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not _admitted(request):
                # As if nothing had matched, also for whoever looks at the request afterwards.
                request.resolver_match = None
                raise Resolver404({"path": request.path_info.lstrip("/")})
            response = inner(request, *args, **kwargs)
            for name, value in _HEADERS.items():
                response.headers[name] = value
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        outer.login_required = False  # type: ignore[attr-defined]  # LoginRequiredMiddleware
        # Exempt from the middleware, not from the check: `inner` does it, installed or not.
        exempt: View = csrf_exempt(non_atomic_requests(outer))
        return exempt

    return decorate


def _admitted(request: HttpRequest) -> bool:
    try:
        return guard_settings().dashboard_admits(request)
    except Exception:
        logger.exception("NPLUSONE_GUARD['DASHBOARD']['PERMISSION'] failed; nobody is admitted.")
        return False
