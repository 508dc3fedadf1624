"""Plausible data, the same for the same numbers: Faker with a fixed seed, bulk inserts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from faker import Faker

from accounts.models import Customer
from catalogue.models import Category, Product
from orders.models import Order, OrderEvent, OrderItem

SEED = 20_260_101
START = datetime(2026, 1, 1, 9, tzinfo=UTC)
CATEGORIES = ["Books", "Coffee", "Garden", "Kitchen", "Music", "Office", "Outdoor", "Toys"]
PRODUCTS = 120
BATCH = 1_000

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Amounts:
    customers: int
    orders: int
    items: int


def clear() -> None:
    """Take away all orders, products and customers."""
    for model in (OrderItem, Order, Product, Category, Customer):
        model.objects.all().delete()


@transaction.atomic
def seed(customers: int, orders: int, progress: Progress) -> Amounts:
    """Fill an empty database; ``progress`` is told each step and how many rows it wrote."""
    fake = Faker()
    fake.seed_instance(SEED)
    chance = random.Random(SEED)  # noqa: S311  plausible, not secret

    buyers = Customer.objects.bulk_create(_customer(fake, chance, n) for n in range(customers))
    progress("customers", len(buyers))
    categories = Category.objects.bulk_create(Category(name=name) for name in CATEGORIES)
    products = Product.objects.bulk_create(
        _product(fake, chance, n, chance.choice(categories)) for n in range(PRODUCTS)
    )
    progress("products", len(products))

    written = 0
    for start in range(0, orders, BATCH):
        batch = Order.objects.bulk_create(
            Order(
                customer=chance.choice(buyers),
                status=chance.choice(Order.Status.values),
                created_at=START + timedelta(minutes=7 * number),
            )
            for number in range(start, min(start + BATCH, orders))
        )
        items = OrderItem.objects.bulk_create(
            OrderItem(
                order=order,
                product=product,
                quantity=chance.randint(1, 4),
                unit_price=product.price,
            )
            for order in batch
            for product in chance.sample(products, chance.randint(1, 5))
        )
        OrderEvent.objects.bulk_create(
            OrderEvent(order=order, kind=kind, status=status, created_at=order.created_at)
            for order in batch
            for kind, status in _history(order)
        )
        written += len(items)
        progress("orders", len(batch))
    return Amounts(len(buyers), orders, written)


def _history(order: Order) -> Iterator[tuple[str, str]]:
    yield OrderEvent.Kind.PLACED, Order.Status.PENDING
    if order.status != Order.Status.PENDING:
        yield OrderEvent.Kind.STATUS_CHANGED, order.status


def _customer(fake: Faker, chance: random.Random, number: int) -> Customer:
    name = fake.name()
    handle = "".join(filter(str.isalpha, name.lower())) or "customer"
    return Customer(
        name=name, email=f"{handle}.{number}@example.com", is_active=chance.random() < 0.95
    )


def _product(fake: Faker, chance: random.Random, number: int, category: Category) -> Product:
    return Product(
        category=category,
        sku=f"P{number:05}",
        name=fake.catch_phrase(),
        description="\n\n".join(fake.paragraphs(8)),
        price=Decimal(chance.randint(199, 19_999)) / 100,
        stock=chance.randint(0, 500),
    )
