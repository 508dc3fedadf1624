"""Columns that the first query left out, loaded row by row."""

from __future__ import annotations

from tests.shop.models import Order, OrderItem, Product, Supply
from tests.situations.situation import n_plus_one, situation


@situation(n_plus_one(3, "shop.Product.description"), fix='only("name", "description")')
def left_out_by_only():
    return [product.description for product in Product.objects.only("name")]


@situation(
    n_plus_one(3, "shop.Product.description"),
    n_plus_one(3, "shop.Product.category"),
    fix='only("name", "description", "category")',
)
def two_left_out_by_only():
    found = []
    for product in Product.objects.only("name"):
        found.append((product.description, product.category_id is None))
    return found


@situation(n_plus_one(3, "shop.Product.description"), fix="defer(None)")
def left_out_by_defer():
    return [product.description for product in Product.objects.defer("description")]


@situation(n_plus_one(3, "shop.Product.description"), fix='defer(None).defer("category")')
def one_of_two_left_out_by_defer():
    return [product.description for product in Product.objects.defer("description", "category")]


@situation(
    n_plus_one(15, "shop.Product.description"),
    fix='only("product__name", "quantity", "product__description")',
)
def left_out_of_a_joined_object_by_only():
    found = []
    items = OrderItem.objects.select_related("product").only("quantity", "product__name")
    for item in items:
        found.append(item.product.description)
    return found


@situation(n_plus_one(15, "shop.Product.description"), fix="defer(None)")
def left_out_of_a_joined_object_by_defer():
    items = OrderItem.objects.select_related("product").defer("product__description")
    return [item.product.description for item in items]


@situation(
    n_plus_one(5, "shop.Order.customer"),
    n_plus_one(5, "shop.Order.customer"),
    fix='only("note", "customer").select_related("customer")',
)
def a_key_left_out_and_then_followed():
    return [order.customer.name for order in Order.objects.only("note")]


@situation(
    n_plus_one(5, "shop.Order.customer"),
    n_plus_one(5, "shop.Order.customer"),
    n_plus_one(5, "shop.Order.note"),
    fix='defer(None).select_related("customer")',
)
def a_key_and_a_column_left_out_by_defer():
    orders = Order.objects.defer("note", "customer")
    return [(order.customer.name, order.note) for order in orders]


@situation(
    n_plus_one(3, "shop.Supply.product"),
    n_plus_one(3, "shop.Supply.product"),
    n_plus_one(3, "shop.Product.category"),
    fix='only("price", "product").select_related("product__category")',
)
def two_keys_followed_from_one_that_was_left_out():
    found = []
    for supply in Supply.objects.only("price").order_by("pk")[:3]:
        found.append((supply.product.category.name, supply.product.name))
    return found
