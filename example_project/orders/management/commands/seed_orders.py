from __future__ import annotations

import argparse
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from rest_framework.authtoken.models import Token
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from accounts.models import Customer, User
from catalogue.models import Product
from orders.models import Order
from orders.seeding import PRODUCTS, clear, seed

DEMO_USER = "demo"


def positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"takes a whole number from 1, not {text!r}")
    return number


class Command(BaseCommand):
    help = "Fill the database with plausible customers, products and orders, always the same."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--customers", type=positive, default=200)
        parser.add_argument("--orders", type=positive, default=2_000)
        parser.add_argument("--reset", action="store_true", help="take away what is there first")
        parser.add_argument(
            "--token", help=f"API token for the staff user {DEMO_USER!r}; needs DEBUG"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["token"] and not settings.DEBUG:
            raise CommandError("--token makes a user whose token is known; it needs DEBUG.")
        with transaction.atomic():
            if options["reset"]:
                clear()
            if any(model.objects.exists() for model in (Order, Product, Customer)):
                self.stdout.write(
                    f"{Order.objects.count()} orders are there already; "
                    "seed_orders --reset begins anew."
                )
            else:
                self._seed(options["customers"], options["orders"])
            if settings.DEBUG:
                self._demo_user(options["token"])

    def _seed(self, customers: int, orders: int) -> None:
        start = time.perf_counter()
        with Progress(
            TextColumn("{task.description:>10}"),
            BarColumn(),
            MofNCompleteColumn(),
            disable=not self.stdout.isatty(),
        ) as bars:
            totals = {"customers": customers, "products": PRODUCTS, "orders": orders}
            tasks = {name: bars.add_task(name, total=total) for name, total in totals.items()}
            amounts = seed(customers, orders, lambda name, rows: bars.advance(tasks[name], rows))
        self.stdout.write(
            f"{amounts.customers} customers, {PRODUCTS} products, {amounts.orders} orders with "
            f"{amounts.items} items in {time.perf_counter() - start:.1f} s."
        )

    def _demo_user(self, key: str | None) -> None:
        user, made = User.objects.get_or_create(
            username=DEMO_USER, defaults={"is_staff": True, "email": "demo@example.com"}
        )
        if made:
            user.set_unusable_password()
            user.save(update_fields=["password"])
        if key:
            Token.objects.filter(user=user).exclude(key=key).delete()
            Token.objects.get_or_create(user=user, key=key)
            return  # who gave it knows it
        token, _ = Token.objects.get_or_create(user=user)
        self.stdout.write(
            f"Staff user {DEMO_USER!r}: curl -H 'Authorization: Token {token.key}' "
            "http://127.0.0.1:8000/api/v1/orders/"
        )
