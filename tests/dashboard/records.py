"""Records for tests of the store."""

from __future__ import annotations

import json
import zlib
from secrets import token_hex

from nplusone_guard.dashboard.record import Record
from nplusone_guard.dashboard.store import Store


def report(method="GET", path="/orders/", route="orders/", **values):
    """The JSON of a report with nothing in it."""
    return {
        "version": 1,
        "label": f"{method} {path}",
        "route": route,
        "method": method,
        "status": 200,
        "queries": 0,
        "duplicates": 0,
        "rows": 0,
        "db_ms": 0.0,
        "wall_ms": 1.0,
        "groups": [],
        "findings": [],
        "violations": [],
        **values,
    }


def packed(form):
    """A payload of this report."""
    payload = {
        "report": form,
        "groups": [{"field": None, "peak_ms": 0.0} for _ in form["groups"]],
        "suppressed": [],
        "wasted": [0 for _ in form["findings"]],
    }
    return zlib.compress(json.dumps(payload).encode(), 1)


def record(path="/orders/", *, padding=0, **values):
    """A record; ``padding`` bytes more in its payload."""
    form = report(path=path, **{key: values[key] for key in ("route", "status") if key in values})
    payload = packed(form)
    if padding:
        payload += b"\0" * padding  # zlib ends before it
    values = {"route": "orders/", "status": 200, **values}
    return Record(
        id=values.pop("id", None) or token_hex(8),
        method=values.pop("method", "GET"),
        path=path,
        payload=payload,
        **values,
    )


def store(path, max_records=100, max_bytes=10_000_000):
    return Store(path, max_records, max_bytes)
