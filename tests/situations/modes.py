"""Fetch modes, which came with Django 6.1."""

from __future__ import annotations

from django.db import models

from tests.shop.models import Order, OrderItem, Product
from tests.situations.situation import n_plus_one, situation


@situation(since=(6, 1))
def peers_mend_a_forward_key():
    return [order.customer.name for order in Order.objects.fetch_mode(models.FETCH_PEERS)]


@situation(since=(6, 1))
def peers_mend_two_levels():
    items = OrderItem.objects.fetch_mode(models.FETCH_PEERS)
    return [item.order.customer.name for item in items]


@situation(since=(6, 1))
def peers_mend_deferred_columns():
    products = Product.objects.only("name").fetch_mode(models.FETCH_PEERS)
    return [product.description for product in products]


@situation(n_plus_one(5, "shop.Order.customer"), fix='select_related("customer")', since=(6, 1))
def peers_have_no_effect_under_iterator():
    orders = Order.objects.fetch_mode(models.FETCH_PEERS).order_by("pk")
    names = []
    for order in orders.iterator():
        names.append(order.customer.name)
        del order  # so that one row is alive at a time
    return names


@situation(n_plus_one(5, "shop.Order.items"), fix='prefetch_related("items")', since=(6, 1))
def peers_have_no_effect_on_reverse_managers():
    orders = Order.objects.fetch_mode(models.FETCH_PEERS)
    return [len(order.items.all()) for order in orders]
