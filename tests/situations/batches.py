"""Loops over lists of keys or rows: batches of one list, and what only looks like them."""

from __future__ import annotations

from tests.shop.models import Invoice, Order, OrderItem, Product
from tests.situations.situation import n_plus_one, situation, write_loop


def _keys(model: type, size: int) -> list[list[int]]:
    keys = list(model.objects.order_by("pk").values_list("pk", flat=True))
    return [keys[start : start + size] for start in range(0, len(keys), size)]


@situation()
def reading_batches_of_keys():
    names = []
    for keys in _keys(Product, 2):
        names += [product.name for product in Product.objects.filter(pk__in=keys)]
    return sorted(names)


@situation()
def reading_batches_of_keys_that_are_all_full():
    return sum(len(OrderItem.objects.filter(pk__in=keys)) for keys in _keys(OrderItem, 5))


@situation()
def reading_batches_of_keys_into_a_dictionary():
    found = {}
    for keys in _keys(OrderItem, 4):
        found.update(OrderItem.objects.in_bulk(keys))
    return len(found)


@situation(n_plus_one(5))
def reading_a_list_of_one_key_at_a_time():
    return [len(Order.objects.filter(pk__in=keys)) for keys in _keys(Order, 1)]


@situation(n_plus_one(5))
def reading_lists_of_different_length():
    found = []
    for order in Order.objects.order_by("pk"):
        found.append(len(Product.objects.filter(pk__in=range(order.pk % 3 + 2))))
    return found


@situation(n_plus_one(4))
def reading_a_short_list_before_long_ones():
    return [len(OrderItem.objects.filter(pk__in=keys)) for keys in _keys(OrderItem, 4)[::-1]]


@situation()
def updating_batches_of_keys():
    for keys in _keys(OrderItem, 4):
        OrderItem.objects.filter(pk__in=keys).update(quantity=9)
    return sum(OrderItem.objects.values_list("quantity", flat=True))


@situation()
def deleting_batches_of_keys():
    for keys in _keys(OrderItem, 4):
        OrderItem.objects.filter(pk__in=keys).delete()
    return OrderItem.objects.count()


@situation()
def deleting_batches_of_keys_with_what_hangs_on_them():
    for keys in _keys(Order, 2):
        Order.objects.filter(pk__in=keys).delete()
    return Order.objects.count(), Invoice.objects.count()


@situation()
def bulk_updates_of_batches():
    items = list(OrderItem.objects.order_by("pk"))
    for start in range(0, len(items), 4):
        for item in items[start : start + 4]:
            item.quantity += 1
        OrderItem.objects.bulk_update(items[start : start + 4], ["quantity"])
    return sum(OrderItem.objects.values_list("quantity", flat=True))


@situation(write_loop(3))
def updates_of_lists_of_different_length():
    keys = list(OrderItem.objects.order_by("pk").values_list("pk", flat=True))
    for stop in (2, 4, 3):
        OrderItem.objects.filter(pk__in=keys[:stop]).update(quantity=stop)
    return sum(OrderItem.objects.values_list("quantity", flat=True))


@situation(
    *[write_loop(5)] * 4,
    fix="Order.objects.filter(pk__in=keys).delete()",
    rewrite={
        "    for order in": "    keys = []\n    for order in",
        "order.delete()": "keys.append(order.pk)",
        "    return": "    {0}\n    return",
    },
)
def deleting_objects_with_what_hangs_on_them():
    for order in Order.objects.order_by("pk"):
        order.delete()
    return Order.objects.count(), OrderItem.objects.count()
