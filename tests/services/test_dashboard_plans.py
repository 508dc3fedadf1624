"""The dashboard's EXPLAIN: each database plans the statements of the ORM without their values."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q

from nplusone_guard import capture
from nplusone_guard.dashboard.explain import NoPlanError, plan
from tests.shop.models import Customer, Order, OrderItem, Product

QUERYSETS = {
    "a key": lambda: Order.objects.filter(pk=1),
    "a text": lambda: Order.objects.filter(note="s3cret"),
    "a pattern": lambda: Product.objects.filter(name__icontains="book"),
    "keys": lambda: Order.objects.filter(pk__in=[1, 2, 3]),
    "a join": lambda: OrderItem.objects.select_related("product__category").filter(order_id=1),
    "a count": lambda: Order.objects.annotate(count=Count("items")).filter(count__gt=1),
    "a subquery": lambda: Customer.objects.filter(
        Exists(Order.objects.filter(customer=OuterRef("pk"), note="x"))
    ),
    "either": lambda: Product.objects.filter(Q(name="a") | Q(category__name="b")),
    "a slice": lambda: Order.objects.order_by("note")[5:10],
}


@pytest.mark.parametrize("name", QUERYSETS)
def test_a_statement_of_the_orm_is_planned_without_its_values(name, committed_shop):
    with capture() as report:
        list(QUERYSETS[name]())
    (group,) = report.groups
    found = plan(group.shape.text, group.database)
    # MySQL plans a look-up by key by doing it, and no row has the sample's.
    looked_up = "by its key" in found.note and name in {"a key", "keys"}
    assert looked_up or any("shop_" in line for line in found.lines)
    assert "s3cret" not in "".join(found.lines)


def test_what_a_plan_is_asked_with_writes_nothing_and_leaves_nothing(committed_shop):
    before = Order.objects.count()
    for _ in range(3):
        plan("SELECT id FROM shop_order WHERE id = ?", "default")
    with pytest.raises(NoPlanError):
        plan("SELECT gone FROM nowhere WHERE id = ?", "default")
    with connection.cursor() as cursor:  # of this project: still allowed to write
        cursor.execute("UPDATE shop_order SET note = 'new'")
    assert Order.objects.filter(note="new").count() == before
