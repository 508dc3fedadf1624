"""Many requests in one process: memory stays flat, and no trace is left open.

Random pages, WSGI and ASGI by turns: some repeat themselves, some fail, some stream and are left
half read, some run statements that never come again.  Each with the guard's middleware, the
dashboard's store and a JSON log that goes nowhere.  Every so often resident memory is read; after
the first fifth a straight line is put through it.  Ends with 1 where memory grows by more than
``--most-growth`` MiB over the rest, where a trace is still open, or where a query was not counted.

    python benchmarks/endurance.py [--requests 200000] [--seed 1]
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import random
import sys
import tempfile
from pathlib import Path
from statistics import linear_regression
from time import perf_counter
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ.pop("DATABASE_URL", None)

import django

django.setup()

from asgiref.sync import async_to_sync
from django.core.handlers.base import BaseHandler
from django.core.management import call_command
from django.db import connection
from django.http import JsonResponse
from django.test import AsyncRequestFactory, RequestFactory, override_settings
from django.urls import include, path

from nplusone_guard.capture.recorder import Recorder
from nplusone_guard.capture.scope import active
from nplusone_guard.pipeline import Scope
from nplusone_guard.signals import traced
from tests import endpoints
from tests.conftest import fill

if TYPE_CHECKING:
    from nplusone_guard.report import Report

_READINGS = 200


def admit(_: object) -> bool:
    """Who may look at the dashboard: that somebody may has requests recorded."""
    return True


def distinct(_: object) -> JsonResponse:
    """Statements that no other request runs."""
    with connection.cursor() as cursor:
        for _ in range(3):
            cursor.execute(f"SELECT {random.random()} AS a{random.randrange(10**9)}")
            cursor.fetchall()
    return JsonResponse({})


urlpatterns = [
    *endpoints.urlpatterns,
    path("distinct/", distinct),
    path("__guard__/", include("nplusone_guard.urls")),
]

#: Page → queries that it runs; ``None`` where it is left half read.
PAGES: dict[str, int | None] = {
    "/row-by-row/": 6,
    "/joined/": 1,
    "/nothing/": 0,
    "/broken/": 6,
    "/redirect/": 1,
    "/stream/": None,
    "/api/orders/": 6,
    "/distinct/": 3,
    "/no-such-page/": 0,
}


def resident() -> float:
    """MiB of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def run(requests: int, seed: int) -> tuple[list[tuple[float, float]], int, int]:
    """Send them; memory by request, the requests traced, and those counted wrongly."""
    random.seed(seed)
    plain, wrong = RequestFactory(), 0
    asynchronous = AsyncRequestFactory()
    # Not those of the test clients, which connect a signal anew for each request.
    handler, ahandler = BaseHandler(), BaseHandler()
    handler.load_middleware()
    ahandler.load_middleware(is_async=True)
    seen: list[int] = []

    def receive(report: Report, **_: object) -> None:
        seen.append(report.queries)

    traced.connect(receive)
    readings: list[tuple[float, float]] = []
    every = max(1, requests // _READINGS)
    traces = 0
    ask = async_to_sync(ahandler.get_response_async)
    for number in range(requests):
        page = random.choice(list(PAGES))
        seen.clear()
        if number % 5 == 4 and PAGES[page] is not None:
            response = ask(asynchronous.get(page))  # synchronous views run in this thread
        else:
            response = handler.get_response(plain.get(page))
        if response.streaming:
            taken = iter(response)
            for _ in range(random.randrange(4)):
                next(taken)
            del taken
        response.close()
        expected = PAGES[page]
        wrong += expected is not None and seen != [expected]
        traces += len(seen)
        if number % every == 0:
            readings.append((number, resident()))
    traced.disconnect(receive)
    return readings, traces, wrong


def open_traces() -> int:
    """Scopes and recorders that something still holds."""
    gc.collect()
    kept = [each for each in gc.get_objects() if type(each) in (Scope, Recorder)]
    return len(kept) + (active.get() is not None)


def main() -> int:
    """Run, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most-growth", type=float, default=5.0, help="MiB after the warm-up")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as directory:
        guard = {
            "ENABLED": True,
            "ACTION": "warn",
            "EXPORTERS": ["nplusone_guard.integrations.logs.export"],
            "DASHBOARD": {
                "PATH": str(Path(directory) / "guard.sqlite3"),
                "MAX_RECORDS": 1_000,
                "PERMISSION": f"{__name__}.admit",
            },
        }
        with override_settings(
            DEBUG=False,
            ALLOWED_HOSTS=["*"],
            ROOT_URLCONF=__name__,
            MIDDLEWARE=["nplusone_guard.middleware.GuardMiddleware"],
            NPLUSONE_GUARD=guard,
        ):
            call_command("migrate", run_syncdb=True, verbosity=0)
            fill()
            start = perf_counter()
            readings, traces, wrong = run(options.requests, options.seed)
            took = perf_counter() - start
            left = open_traces()
    warm = readings[len(readings) // 5 :]
    slope, _ = linear_regression(*zip(*warm, strict=True))
    growth = slope * (warm[-1][0] - warm[0][0])
    print(f"{options.requests:,} requests in {took:.0f} s, {traces:,} traces")
    print(f"memory: {warm[0][1]:.1f} MiB after the warm-up, {warm[-1][1]:.1f} at the end; ", end="")
    print(f"the line through it rises by {growth:+.2f} MiB")
    print(f"counted wrongly: {wrong}; traces still open: {left}")
    return int(wrong > 0 or left > 0 or growth > options.most_growth)


if __name__ == "__main__":
    sys.exit(main())
