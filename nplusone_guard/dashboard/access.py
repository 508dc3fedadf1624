"""Who may see the dashboard, and what its pages forbid the browser."""

from __future__ import annotations

import logging
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.urls import Resolver404
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from nplusone_guard.conf import guard_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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


class _Guarded:
    """A view of the dashboard: for whom the settings admit, with these methods.

    To all others the page is not there: the same 404 as for an unknown path, before any look at
    the request's method or its CSRF token.
    """

    login_required = False  # LoginRequiredMiddleware would tell that there is something
    #: Exempt from the middleware, not from the check: `inner` does it, installed or not.
    csrf_exempt = True

    def __init__(self, view: View, methods: Sequence[str]) -> None:
        self.inner: View = csrf_protect(require_http_methods([*methods])(view))
        update_wrapper(self, view)

    @property
    def should_append_slash(self) -> bool:
        """Only who may look without being asked is led to the slash: it tells of a page."""
        return guard_settings().dashboard_is_open_to_all

    @property
    def _non_atomic_requests(self) -> set[str]:
        return {*connections}

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not admitted(request):
            # As if nothing had matched, also for whoever looks at the request afterwards.
            request.resolver_match = None
            raise Resolver404({"path": request.path_info.lstrip("/")})
        # A name of somebody's own that leads to this machine (DNS rebinding) makes their page of
        # one origin with ours; in a project without CommonMiddleware nobody else asks.
        request.get_host()
        response = self.inner(request, *args, **kwargs)
        for name, value in _HEADERS.items():
            response.headers[name] = value
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def guarded(*methods: str) -> Callable[[View], View]:
    """Have a view answer whom the settings admit, with these methods, and nobody else."""
    return lambda view: _Guarded(view, methods)


def admitted(request: HttpRequest) -> bool:
    """Whether the dashboard answers this request.  A permission that fails admits nobody."""
    try:
        return guard_settings().dashboard_admits(request)
    except Exception:
        logger.exception("NPLUSONE_GUARD['DASHBOARD']['PERMISSION'] failed; nobody is admitted.")
        return False
