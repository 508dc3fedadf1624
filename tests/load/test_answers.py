"""What the locustfile takes for a right answer, and what it does not."""

from __future__ import annotations

import copy

import pytest

pytest.importorskip("benchmarks.load", reason="the source distribution has no benchmarks")

from benchmarks.load import checks
from benchmarks.load.checks import Wrong


def order(key, *, status="paid"):
    items = [{"id": 10 * key + n, "quantity": n, "unit_price": "2.50"} for n in (1, 2)]
    return {
        "id": key,
        "status": status,
        "created_at": "2026-01-01T09:00:00Z",
        "customer_name": "Ada",
        "items": items,
        "item_count": 2,
        "total": "7.50",
    }


def page(*keys, count=None, following=False, previous=False):
    return {
        "count": len(keys) if count is None else count,
        "next": "http://127.0.0.1/?page=2" if following else None,
        "previous": "http://127.0.0.1/" if previous else None,
        "results": [order(key) for key in keys],
    }


def event(key):
    return {"id": key, "order": 1, "kind": "placed", "status": "pending", "created_at": "2026"}


def test_a_whole_page_is_right():
    body = page(5, 4, 3, count=7, following=True, previous=True)
    assert [row["id"] for row in checks.page(body, number=2, size=3)] == [5, 4, 3]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([order(1)], "a page: expected an object, got list"),
        ({"error": {"code": "throttled"}}, "keys of a page"),
        (page(5, 4, count=7, following=True), "rows of the page: expected 3, got 2"),
        (page(5, 4, 3, count=7), "whether a page follows: expected True, got False"),
        (page(5, 4, 3, previous=True), "whether a page goes before: expected False, got True"),
        (page(5, 5, 3), "different ids: expected 3, got 2"),
    ],
)
def test_a_page_that_is_not_is_named(body, said):
    with pytest.raises(Wrong, match=said):
        checks.page(body, number=1, size=3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": 8}, "the order's id: expected 7, got 8"),
        ({"total": "7.51"}, "the order's total"),
        ({"item_count": 3}, "items of order 7: expected 3, got 2"),
    ],
)
def test_another_order_or_another_total_is_wrong(change, said):
    assert checks.order(order(7), key=7)["total"] == "7.50"
    with pytest.raises(Wrong, match=said):
        checks.order({**order(7), **change}, key=7)


def test_an_order_that_lacks_a_field_is_wrong():
    body = copy.deepcopy(order(7))
    del body["customer_name"]
    with pytest.raises(Wrong, match="keys of an order"):
        checks.order(body)


def test_a_feed_is_a_slice_or_all_of_it():
    rows = [event(key) for key in (9, 7, 6)]
    assert checks.feed({"next": None, "previous": None, "results": rows}, size=25) == rows
    assert checks.feed(rows, size=2) == rows


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "the feed is empty"),
        ([event(6), event(7)], "ids of the events"),
        ([event(6), event(6)], "different ids"),
        ([{"id": 6}], "keys of an event"),
        (
            {"next": "http://127.0.0.1/", "previous": None, "results": [event(6)]},
            "rows of the slice: expected 2, got 1",
        ),
    ],
)
def test_a_feed_that_is_not_in_its_order_is_named(body, said):
    with pytest.raises(Wrong, match=said):
        checks.feed(body, size=2)
