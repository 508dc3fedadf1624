"""What pages of a store with 10,000 requests take, and as a ratio to those of an empty one.

python -m tests.dashboard.large
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

PAGES = {
    "list": "",
    "filtered": "?path=1234&status=2xx",
    "nothing found": "?path=nothing-like-this",
    "poll": "rows/?after=10000",
    "endpoints": "endpoints/",
}


def median_ms(client, page):
    times = []
    for _ in range(15):
        begun = time.perf_counter()
        response = client.get(f"/__guard__/{page}")
        times.append((time.perf_counter() - begun) * 1_000)
        assert response.status_code in {200, 204}
    return statistics.median(times)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GUARD_STORE"] = str(Path(folder) / "guard.sqlite3")
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.dashboard.served"
        import django
        from django.conf import settings

        django.setup()
        settings.ALLOWED_HOSTS = ["testserver"]
        settings.NPLUSONE_GUARD["DASHBOARD"]["MAX_RECORDS"] = 10_000
        from django.test import Client

        from nplusone_guard.dashboard.recording import store
        from tests.dashboard.records import record

        client = Client()
        empty = {name: median_ms(client, page) for name, page in PAGES.items()}
        store().add(
            [
                record(f"/orders/{n}/", route=f"orders/{n % 40}/", queries=n % 90, padding=4_000)
                for n in range(10_000)
            ]
        )
        assert store().totals().records == 10_000
        for name, page in PAGES.items():
            full = median_ms(client, page)
            print(f"{name:>14}: {full:6.1f} ms, {full / empty[name]:4.1f} times an empty store's")


if __name__ == "__main__":
    main()
