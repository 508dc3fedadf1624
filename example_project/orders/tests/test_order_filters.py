"""Filters and ordering of the list of orders."""

from __future__ import annotations

import pytest
from django.utils.dateparse import parse_datetime

from orders.models import Order

LIST = "/api/v1/orders/"


@pytest.fixture
def orders(grow):
    """Three, with totals 67.94 each but for the second, which costs more."""
    made = grow(3)
    for order, status, day in zip(made, ("paid", "pending", "paid"), (1, 2, 3), strict=True):
        order.status = status
        order.created_at = parse_datetime(f"2026-01-0{day}T12:00:00Z")
        order.save()
    item = made[1].items.first()
    item.quantity = 9
    item.save()
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=paid", [2, 0]),
        ("status=shipped", []),
        ("created_from=2026-01-02T12:00:00Z", [2, 1]),
        ("created_before=2026-01-02T12:00:00Z", [0]),
        ("created_from=2026-01-02T13:00:00%2B01:00&created_before=2026-01-03T00:00:00Z", [1]),
        ("ordering=created_at", [0, 1, 2]),
        ("ordering=-total", [1, 0, 2]),
        ("ordering=total,-created_at", [2, 0, 1]),
        ("customer={customer}", [1]),
        ("customer=0", []),
    ],
)
def test_orders_are_filtered_and_ordered_for_the_same_four_queries(api, orders, cost, query, found):
    path = f"{LIST}?{query.format(customer=orders[1].customer_id)}"
    assert cost(api.get, path) <= 4
    assert [each["id"] for each in api.get(path).json()["results"]] == [
        orders[number].pk for number in found
    ]


@pytest.mark.parametrize(
    "query",
    [
        "status=lost",
        "created_from=yesterday",
        "created_from=0001-01-01T00:00:00%2B14:00",
        "customer=x",
        "ordering=customer",
        "ordering=customer__user__password",
    ],
)
def test_a_filter_that_is_not_valid_is_told(api, orders, query):
    response = api.get(f"{LIST}?{query}")
    assert response.status_code == 400
    assert list(response.json()["error"]["details"]) == [query.partition("=")[0]]


def test_a_filter_shows_nobody_else_s_orders(hers, orders):
    customer = Order.objects.first().customer_id
    assert hers.get(f"{LIST}?customer={customer}").json()["results"] == []
