"""Related objects that are loaded for their key alone."""

from __future__ import annotations

from tests.shop.models import Contract, Order, OrderItem, Payment
from tests.situations.situation import n_plus_one, situation


@situation(
    n_plus_one(5, "shop.Order.customer"),
    fix="order.customer_id",
    rewrite={"order.customer.pk": "{0}"},
)
def the_key_of_a_related_object():
    return [order.customer.pk for order in Order.objects.all()]


@situation(
    n_plus_one(5, "shop.Order.items"),
    n_plus_one(15, "shop.OrderItem.product"),
    fix=('prefetch_related("items")', "item.product_id"),
    rewrite={"item.product.id": "{1}"},
)
def the_key_on_the_second_level():
    keys = []
    for order in Order.objects.all():
        for item in order.items.all():
            keys.append(item.product.id)
    return sorted(keys)


@situation(
    n_plus_one(4, "shop.Payment.invoice"),
    fix="payment.invoice_id",
    rewrite={"payment.invoice.number": "{0}"},
)
def a_key_that_is_not_the_primary_key():
    return [payment.invoice.number for payment in Payment.objects.order_by("pk")]


@situation(n_plus_one(4, "shop.Payment.invoice"), fix='select_related("invoice")')
def a_primary_key_that_is_not_the_key():
    return [payment.invoice.pk for payment in Payment.objects.order_by("pk")]


@situation(
    n_plus_one(3, "shop.Contract.company"),
    fix="contract.company_id",
    rewrite={"contract.company.id": "{0}"},
)
def the_key_of_a_parents_row():
    contracts = Contract.objects.exclude(company=None)
    return [contract.company.id for contract in contracts]


@situation(n_plus_one(5, "shop.Order.customer"), fix='select_related("customer")')
def the_key_and_more():
    found = []
    for order in Order.objects.all():
        found.append(order.customer.pk)
        found.append(order.customer.name)
    return found


@situation(
    n_plus_one(15, "shop.OrderItem.order"),
    n_plus_one(15, "shop.Order.customer"),
    fix=('select_related("order")', "item.order.customer_id"),
    rewrite={"item.order.customer.pk": "{1}"},
)
def the_key_of_an_object_of_a_related_one():
    return [item.order.customer.pk for item in OrderItem.objects.all()]


@situation(
    n_plus_one(5, "shop.Order.customer"),
    n_plus_one(5, "shop.Order.customer"),
    fix='only("note", "customer").select_related("customer")',
)
def a_key_that_was_left_out():
    return [order.customer.pk for order in Order.objects.only("note")]


@situation()
def the_key_of_an_object_that_is_there():
    return [order.customer.pk for order in Order.objects.select_related("customer")]
