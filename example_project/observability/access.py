"""A line for each request, under any server: who asked for what is in the line's request id."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import structlog
from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.utils.decorators import sync_and_async_middleware

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

log = structlog.get_logger("access")


@sync_and_async_middleware
def access_log_middleware(get_response: Callable[[HttpRequest], Any]) -> Callable[..., Any]:
    """Log method, path, status and milliseconds; of probes, which come every second, nothing."""
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> Any:
            start = time.perf_counter()
            response = await get_response(request)
            _record(request, response, start)
            return response
    else:

        def middleware(request: HttpRequest) -> Any:
            start = time.perf_counter()
            response = get_response(request)
            _record(request, response, start)
            return response

    return middleware


def _record(request: HttpRequest, response: Any, start: float) -> None:
    if request.path not in settings.PROBE_PATHS:
        log.info(
            "request",
            method=request.method,
            path=request.path,  # without the query string: it may hold what is private
            status_code=response.status_code,
            duration_ms=round((time.perf_counter() - start) * 1_000, 1),
        )
