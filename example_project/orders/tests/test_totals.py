"""Totals and counts in SQL are those of Python."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nplusone_guard import capture
from orders.models import Order, OrderItem
from orders.seeding import seed


@pytest.fixture
def seeded(db):
    seed(customers=10, orders=60, progress=lambda *_: None)


def test_totals_and_counts_in_sql_equal_those_in_python(seeded):
    for order in Order.objects.with_totals():
        assert order.total_amount == order.compute_total()
        assert order.items_count == len(order.items.all())


def test_an_order_without_items_has_no_total_and_no_items(grow):
    (order,) = grow(1)
    OrderItem.objects.all().delete()
    with_totals = Order.objects.with_totals().get(pk=order.pk)
    assert with_totals.total_amount == order.compute_total() == Decimal()
    assert with_totals.items_count == 0


def test_a_total_uses_the_price_at_the_time_of_the_order(grow):
    (order,) = grow(1)
    before = order.compute_total()
    for item in order.items.select_related("product"):
        item.product.price *= 2
        item.product.save()
    assert Order.objects.with_totals().get().total_amount == order.compute_total() == before


def test_adding_up_in_python_asks_once_for_each_order_unless_items_are_there(grow):
    grow(4)
    with capture() as report:
        for order in Order.objects.all():
            order.compute_total()
    assert [(each.relation, each.count) for each in report.findings] == [("orders.Order.items", 4)]
    with capture() as report:
        for order in Order.objects.prefetch_related("items"):
            order.compute_total()
    assert report.queries == 2
    assert report.findings == ()


def test_what_the_api_reads_leaves_wide_columns_where_they_are(grow):
    grow(2)
    with capture() as report:
        list(Order.objects.for_api())
    assert "description" not in " ".join(group.shape.text for group in report.groups)
