"""What probes ask: whether the process lives, and whether it can do its work.

No user, no throttle, no version; a probe is no client of the API.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog
from django.core.cache import cache
from django.db import connection
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

log = structlog.get_logger("health")


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Answers as long as the process does.  A failing database is no reason to restart it."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Whether to send requests here: 503 names what failed, and the log says why."""
    failed = [name for name, check in CHECKS.items() if not _passes(name, check)]
    return JsonResponse(
        {"status": "unavailable" if failed else "ok", "failed": failed},
        status=HTTPStatus.SERVICE_UNAVAILABLE if failed else HTTPStatus.OK,
    )


def _passes(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception:  # whatever a driver raises
        log.warning("not ready", check=name, exc_info=True)
        return False
    return True


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    key = f"readyz-{uuid4().hex}"  # two probes at a time do not read each other's
    cache.set(key, key, timeout=5)
    if cache.get(key) != key:
        raise RuntimeError("The cache does not give back what it was given.")
    cache.delete(key)


CHECKS: dict[str, Callable[[], None]] = {"database": _database, "cache": _cache}
