from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from orders.models import Order, OrderItem


def test_names_are_readable_and_cost_no_query(grow, django_assert_num_queries):
    (order,) = grow(1)
    item = OrderItem.objects.first()
    with django_assert_num_queries(0):
        assert str(order) == f"Order {order.pk}"
        assert str(item) == f"1 x {item.product_id}"


def test_the_newest_order_comes_first_and_items_in_the_order_of_entry(grow):
    first, second = grow(2)
    assert list(Order.objects.all()) == [second, first]
    keys = [item.pk for item in first.items.all()]
    assert keys == sorted(keys)


def test_what_was_ordered_can_not_be_deleted(grow):
    (order,) = grow(1)
    for thing in (order.customer, order.items.first().product):
        with pytest.raises(ProtectedError):
            thing.delete()


def test_items_go_with_their_order(grow):
    (order,) = grow(1)
    order.delete()
    assert not OrderItem.objects.exists()


@pytest.mark.parametrize(("field", "value"), [("quantity", 0), ("unit_price", Decimal("1.234"))])
def test_an_item_that_can_not_be_is_not_valid(grow, field, value):
    grow(1)
    item = OrderItem.objects.first()
    setattr(item, field, value)
    with pytest.raises(ValidationError) as caught:
        item.full_clean()
    assert list(caught.value.error_dict) == [field]
