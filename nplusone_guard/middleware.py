"""The middleware: one trace a request, WSGI and ASGI, streaming responses to their end."""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING, Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction

from nplusone_guard.conf import guard_settings
from nplusone_guard.dashboard import recording
from nplusone_guard.dashboard.badge import badged, badged_async
from nplusone_guard.emit import emit
from nplusone_guard.errors import GuardError
from nplusone_guard.pipeline import Scope, left_alone
from nplusone_guard.streaming import TracedAsyncStream, TracedStream
from nplusone_guard.trial import on_trial
from nplusone_guard.view_budget import declared_budgets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

logger = logging.getLogger("nplusone_guard")

_SCOPE = "_nplusone_guard_scope"


class GuardMiddleware:
    """Traces each request and reports, raises or records as ``NPLUSONE_GUARD`` says.

    Any place in ``MIDDLEWARE`` works; only what runs inside it is traced, so first is best.
    A fault of the guard is logged and the response goes out as if it were not there.
    """

    sync_capable = True
    async_capable = True

    def __init__(
        self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]
    ) -> None:
        self.get_response: Callable[[HttpRequest], Any] = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if self._is_async:
            return self._respond_async(request)
        if not _sampled():
            with left_alone():
                return self.get_response(request)
        scope = _begin(request)
        if scope is None:
            return self.get_response(request)
        try:
            response = self.get_response(request)
        except BaseException:
            _abandon(scope, request)
            raise
        ended = _end(scope, request, response)
        badged(request, ended)
        return ended

    async def _respond_async(self, request: HttpRequest) -> Any:
        if not _sampled():
            with left_alone():
                return await self.get_response(request)
        scope = _begin(request)
        if scope is None:
            return await self.get_response(request)
        try:
            response = await self.get_response(request)
        except BaseException:  # the client went away: CancelledError
            _abandon(scope, request)
            raise
        ended = _end(scope, request, response)
        await badged_async(request, ended)
        return ended

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], *_: Any, **__: Any
    ) -> None:
        """Take the budget that the view declares."""
        scope: Scope | None = getattr(request, _SCOPE, None)
        if scope is None:
            return
        try:
            for budget in declared_budgets(view_func, request.method or ""):
                scope.declare(budget)
        except Exception:
            logger.exception("The guard could not read the budget of %r.", view_func)


def _sampled() -> bool:
    """Decided once a request."""
    try:
        rate = guard_settings().sample_rate
    except Exception:  # noqa: BLE001  it comes again where the trace begins, and is logged there
        return True
    return rate >= 1.0 or random.random() < rate  # noqa: S311


def _begin(request: HttpRequest) -> Scope | None:
    """An active scope for the request, or ``None`` where it is not traced."""
    try:
        settings = guard_settings()
        if on_trial.get() or not settings.enabled or settings.is_excluded(request.path):
            return None
        scope = Scope(
            f"{request.method} {request.path}",
            options=settings.options(),
            configured=settings.allow,
        )
        scope.method = request.method
        setattr(request, _SCOPE, scope)
        scope.activate()
    except Exception:
        logger.exception("The guard could not begin to trace a request.")
        return None
    return scope


def _abandon(scope: Scope, request: HttpRequest) -> None:
    """End the trace of a request that got no response."""
    vars(request).pop(_SCOPE, None)
    scope.abandon()


def _end(scope: Scope, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Finish now, or when the stream ends."""
    try:
        scope.deactivate()
        match = request.resolver_match
        if recording.is_own(match):
            vars(request).pop(_SCOPE, None)
            scope.close()
            return response
        scope.recorded_as = recording.identified(request)
        vars(request).pop(_SCOPE, None)
        scope.route = match.route if match is not None else None
        scope.status = response.status_code
        # A file runs no query while the server sends it.
        if not response.streaming or getattr(response, "file_to_stream", None) is not None:
            _finish(scope, response)
        else:
            traced = TracedAsyncStream if response.is_async else TracedStream  # type: ignore[attr-defined]
            response.streaming_content = traced(  # type: ignore[attr-defined]
                response.streaming_content,  # type: ignore[attr-defined]
                scope,
                lambda: _finish_stream(scope),
            )
    except GuardError:
        close = getattr(getattr(response, "file_to_stream", None), "close", None)
        if close is not None:
            close()  # nobody will send the file
        raise
    except Exception:
        logger.exception("The guard could not finish the trace of a request.")
    return response


def _finish(scope: Scope, response: HttpResponseBase | None) -> None:
    scope.close()
    if scope.recorder.failed:
        return  # said already
    settings = guard_settings()
    configured = settings.budget_for(scope.method or "", scope.route or "")
    scope.budget = (configured or scope.budget).override(scope.budget)
    report = scope.finish()
    if response is not None:
        response.query_guard_report = report  # type: ignore[attr-defined]  # for who is outside
    if response is not None and settings.headers:
        add_headers(response, report)
    if scope.recorded_as is not None:
        recording.record(report, scope.recorded_as)
        if response is not None and settings.headers:
            response.headers["X-Guard-Page"] = recording.page_of(scope.recorded_as)
    # The view's own failure must not be hidden behind ours.
    emit(report, may_raise=response is not None and response.status_code < 500)  # noqa: PLR2004


def _finish_stream(scope: Scope) -> None:
    try:
        _finish(scope, None)
    except Exception:
        logger.exception("The guard could not finish the trace of a streaming response.")


def add_headers(response: HttpResponseBase, report: Any) -> None:
    """``Server-Timing`` (https://www.w3.org/TR/server-timing/) and the guard's own two headers."""
    app_ms = max(0.0, report.wall_ms - report.db_ms)
    timing = f'db;dur={report.db_ms:.1f};desc="{report.queries} queries", app;dur={app_ms:.1f}'
    before = response.headers.get("Server-Timing")
    response.headers["Server-Timing"] = f"{before}, {timing}" if before else timing
    response.headers["X-Guard-Queries"] = str(report.queries)
    response.headers["X-Guard-Findings"] = str(len(report.findings))
