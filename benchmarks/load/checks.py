"""Whether an answer of the orders API is right: its shape, its rows, their ids.

Each function raises ``Wrong``, which says what was expected and what came.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

ORDER = {"id", "status", "created_at", "customer_name", "items", "item_count", "total"}
EVENT = {"id", "order", "kind", "status", "created_at"}
PAGE = {"count", "next", "previous", "results"}
SLICE = PAGE - {"count"}


class Wrong(Exception):
    """The server answered something else than it should."""


def expect(actual: Any, expected: Any, what: str) -> None:
    if actual != expected:
        raise Wrong(f"{what}: expected {expected!r}, got {actual!r}")


def page(body: Any, *, number: int, size: int) -> list[dict[str, Any]]:
    """A page of orders: as many as must be on it, each whole, none twice."""
    _keys(body, PAGE, "a page")
    before = (number - 1) * size
    rows = body["results"]
    expect(len(rows), max(0, min(size, body["count"] - before)), "rows of the page")
    expect(body["next"] is not None, body["count"] > before + size, "whether a page follows")
    expect(body["previous"] is not None, number > 1, "whether a page goes before")
    for row in rows:
        _order(row)
    _unique(rows)
    return list(rows)


def order(body: Any, *, key: int | None = None) -> dict[str, Any]:
    """One order; its total is that of its items."""
    _order(body)
    if key is not None:
        expect(body["id"], key, "the order's id")
    total = sum(
        (Decimal(item["unit_price"]) * item["quantity"] for item in body["items"]), Decimal()
    )
    expect(Decimal(body["total"]), total, "the order's total")
    return dict(body)


def feed(body: Any, *, size: int) -> list[dict[str, Any]]:
    """The newest events first: a slice of the feed or, of the naive twin, all of it."""
    if isinstance(body, list):
        rows = body
        if not rows:
            raise Wrong("the feed is empty")
    else:
        _keys(body, SLICE, "a slice of the feed")
        rows = body["results"]
        if body["next"] is not None or len(rows) > size:
            expect(len(rows), size, "rows of the slice")
    for row in rows:
        _keys(row, EVENT, "an event")
    _unique(rows)
    keys = [row["id"] for row in rows]
    expect(keys, sorted(keys, reverse=True), "ids of the events")
    return list(rows)


def _order(body: Any) -> None:
    _keys(body, ORDER, "an order")
    expect(len(body["items"]), body["item_count"], f"items of order {body['id']}")


def _keys(body: Any, keys: set[str], what: str) -> None:
    if not isinstance(body, dict):
        raise Wrong(f"{what}: expected an object, got {type(body).__name__}")
    expect(sorted(body), sorted(keys), f"keys of {what}")


def _unique(rows: list[dict[str, Any]]) -> None:
    expect(len({row["id"] for row in rows}), len(rows), "different ids")
