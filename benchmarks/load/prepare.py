"""Run in the server's environment: tables, orders, and accounts that can log in.

    python prepare.py FILE [CUSTOMERS [ORDERS]]

FILE becomes what the locustfile's ``--orders-data`` takes.  The accounts' password is made up anew
each time and stands in FILE alone, which only its owner may read.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path

import django

sys.path.insert(0, str(Path.cwd()))  # the project
django.setup()

from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import transaction

from accounts.models import Customer, User
from catalogue.models import Product
from orders.models import Order

#: More than any run sells.
STOCK = 1_000_000
PRODUCTS = 60


@transaction.atomic
def accounts(password: str) -> dict[str, object]:
    """Every active customer gets an account; one of the staff sees all orders."""
    hashed = make_password(password)
    customers = list(Customer.objects.filter(is_active=True).order_by("pk"))
    users = User.objects.bulk_create(
        User(username=f"customer{each.pk}", email=each.email, password=hashed) for each in customers
    )
    for customer, user in zip(customers, users, strict=True):
        customer.user = user
    Customer.objects.bulk_update(customers, ["user"])
    User.objects.create(username="office", password=hashed, is_staff=True)
    Product.objects.update(stock=STOCK)
    orders: dict[int, list[int]] = {customer.pk: [] for customer in customers}
    for key, customer in Order.objects.order_by("pk").values_list("pk", "customer_id"):
        if customer in orders:
            orders[customer].append(key)
    products = Product.objects.order_by("pk").values_list("pk", flat=True)
    return {
        "password": password,
        "customers": [
            {"username": user.username, "customer": customer.pk, "orders": orders[customer.pk]}
            for customer, user in zip(customers, users, strict=True)
        ],
        "staff": [{"username": "office", "customer": customers[0].pk, "orders": None}],
        "products": list(products[:PRODUCTS]),
        "last_order": max((key for keys in orders.values() for key in keys), default=0),
    }


def main(file: str, customers: int = 40, orders: int = 4_000) -> None:
    call_command("migrate", verbosity=0)
    call_command("seed_orders", customers=customers, orders=orders, reset=True)
    written = accounts(secrets.token_urlsafe(12))
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        json.dump(written, handle)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
