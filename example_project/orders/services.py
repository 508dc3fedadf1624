"""What changes orders: each change whole or not at all, with its event, in a constant number of
queries whatever the number of items.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Case, F, When

from catalogue.models import Product
from orders.models import Order, OrderEvent, OrderItem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import Customer

Status = Order.Status
#: What an order may become; what is not listed is the end.
NEXT = {
    Status.PENDING: (Status.PAID, Status.CANCELLED),
    Status.PAID: (Status.SHIPPED, Status.CANCELLED),
}


class NotAvailable(Exception):
    """Why products can't be ordered: ``problems[product id] = (field, code, message)``."""

    def __init__(self, problems: dict[int, tuple[str, str, str]]) -> None:
        super().__init__(problems)
        self.problems = problems


class NotPossible(Exception):
    """Why an order can't become what was asked."""


@transaction.atomic
def place_order(customer: Customer, quantities: Mapping[int, int]) -> Order:
    """Order products by id, at today's prices, out of the stock; five queries.

    Raises ``NotAvailable``, and writes nothing, for products that do not exist or are not there
    in that quantity.
    """
    # Locked in the order of their keys: two orders of the same products wait for one another
    # instead of each for the other.  SQLite locks the whole database (transaction_mode).
    chosen = Product.objects.select_for_update().order_by("pk").only("price", "stock")
    products = {product.pk: product for product in chosen.filter(pk__in=quantities)}
    problems = {}
    for key, quantity in quantities.items():
        if key not in products:
            problems[key] = ("product", "does_not_exist", "There is no such product.")
        elif products[key].stock < quantity:
            left = products[key].stock
            problems[key] = ("quantity", "out_of_stock", f"There are only {left} left.")
    if problems:
        raise NotAvailable(problems)
    order = Order.objects.create(customer=customer)
    OrderItem.objects.bulk_create(
        OrderItem(order=order, product_id=key, quantity=quantity, unit_price=products[key].price)
        for key, quantity in quantities.items()
    )
    _add_to_stock({key: -quantity for key, quantity in quantities.items()})
    _record(order, OrderEvent.Kind.PLACED)
    return order


@transaction.atomic
def change_status(order: Order, status: str) -> Order:
    """Take an order, which the caller has locked, there; what is cancelled is in stock again.

    Raises ``NotPossible`` where an order of its status may not become that; at most four queries.
    """
    if status not in following(order):
        raise NotPossible(f"An order that is {order.status} can not become {status}.")
    order.status = status
    order.save(update_fields=["status"])
    if status == Status.CANCELLED:
        items = Product.objects.select_for_update().filter(order_items__order=order)
        back: Counter[int] = Counter()
        for key, quantity in items.order_by("pk").values_list("pk", "order_items__quantity"):
            back[key] += quantity
        _add_to_stock(back)
    _record(order, OrderEvent.Kind.STATUS_CHANGED)
    return order


def following(order: Order) -> tuple[Status, ...]:
    """What the order may become."""
    return NEXT.get(Status(order.status), ())


def _add_to_stock(quantities: Mapping[int, int]) -> None:
    """One UPDATE for all products."""
    products = Product.objects.filter(pk__in=quantities)
    products.update(
        stock=F("stock") + Case(*(When(pk=key, then=added) for key, added in quantities.items()))
    )


def _record(order: Order, kind: OrderEvent.Kind) -> None:
    OrderEvent.objects.create(order=order, kind=kind, status=order.status)
