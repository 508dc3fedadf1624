"""What the tests start from: orders in any number, and a client that may see them."""

from __future__ import annotations

import io
import json
import logging
from decimal import Decimal
from itertools import count

import pytest
from django.core.cache import cache
from jsonschema import Draft202012Validator
from rest_framework.authtoken.models import Token

from accounts.models import Customer, User
from api.tests.operations import Shop
from api.tests.schema_client import SchemaClient
from catalogue.models import Category, Product
from nplusone_guard import capture
from orders.models import Order, OrderEvent, OrderItem


@pytest.fixture(autouse=True)
def fresh_throttles():
    cache.clear()


@pytest.fixture
def guard_records(settings):
    """Requests answer whatever they cost; else one that goes over its budget fails the test."""
    settings.NPLUSONE_GUARD = {**settings.NPLUSONE_GUARD, "ACTION": "record"}


@pytest.fixture
def grow(db):
    """``grow(5)`` adds five orders of three items each; nothing is shared between two orders."""
    numbers = count(1)

    def add(orders, customer=None):
        numbered = [next(numbers) for _ in range(orders)]
        buyers = [customer] * orders
        if customer is None:
            buyers = Customer.objects.bulk_create(
                Customer(name=f"Customer {number}", email=f"{number}@example.com")
                for number in numbered
            )
        made = Order.objects.bulk_create(Order(customer=buyer) for buyer in buyers)
        names = [f"{number}.{item}" for number in numbered for item in range(3)]
        categories = Category.objects.bulk_create(Category(name=f"Category {n}") for n in names)
        products = Product.objects.bulk_create(
            Product(category=category, sku=n, name=f"Product {n}", price=Decimal("9.99") + i % 3)
            for i, (n, category) in enumerate(zip(names, categories, strict=True))
        )
        OrderItem.objects.bulk_create(
            OrderItem(
                order=made[i // 3], product=product, quantity=i % 3 + 1, unit_price=product.price
            )
            for i, product in enumerate(products)
        )
        return made

    return add


@pytest.fixture
def stocked(db):
    """``stocked(3)`` adds three products of one category, ten of each, at 9.99, 10.99 …"""
    numbers = count(1)
    category = Category.objects.create(name="Stocked")

    def add(products, stock=10):
        return [
            Product.objects.create(
                category=category,
                sku=f"S{number}",
                name=f"Stocked {number}",
                description="Wide.",
                price=Decimal("8.99") + number,
                stock=stock,
            )
            for number in (next(numbers) for _ in range(products))
        ]

    return add


@pytest.fixture
def ada(db):
    """A customer who can log in."""
    user = User.objects.create_user("ada", password="lovelace-1815")
    return Customer.objects.create(user=user, name="Ada", email="ada@example.com")


@pytest.fixture
def staff(db):
    return User.objects.create_user("staff", is_staff=True, is_superuser=True)


@pytest.fixture
def client_of():
    """``client_of(user)`` sends the user's token with each request."""

    def make(user):
        client = SchemaClient()
        token, _ = Token.objects.get_or_create(user=user)
        client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
        return client

    return make


@pytest.fixture
def api(staff, client_of):
    """The client of a member of staff, who sees all orders."""
    return client_of(staff)


@pytest.fixture
def hers(ada, client_of):
    """Ada's client, who sees her orders."""
    return client_of(ada.user)


@pytest.fixture
def anyone():
    """A client without credentials."""
    return SchemaClient()


@pytest.fixture
def clients(api, hers, anyone, client_of):
    """By name: ``"staff"``, ``"ada"``, ``"grace"`` (a customer without orders), ``"anyone"``."""
    grace = User.objects.create_user("grace")
    Customer.objects.create(user=grace, name="Grace", email="grace@example.com")
    return {"staff": api, "ada": hers, "grace": client_of(grace), "anyone": anyone}


@pytest.fixture
def shop(clients, ada, grow, stocked):
    """30 orders of three items, one of them Ada's, each with its event; and what nobody needs."""
    orders = [*grow(29), *grow(1, ada)]
    OrderEvent.objects.bulk_create(
        OrderEvent(order=order, kind=OrderEvent.Kind.PLACED, status=order.status)
        for order in orders
    )
    (product,) = stocked(1)
    return Shop(clients, ada, orders[-1], product, Category.objects.create(name="Empty"))


@pytest.fixture
def cost():
    """``cost(client.get, path)``: the number of queries, of an answer that is none of an error."""

    def measure(call, *arguments):
        with capture() as report:
            response = call(*arguments)
        assert response.status_code < 400, response.content
        assert report.findings == (), str(report)
        return report.queries

    return measure


@pytest.fixture
def log(monkeypatch):
    """``log()``: what has been logged, read from the lines that leave the process."""
    stream = io.StringIO()
    (console,) = [each for each in logging.getLogger().handlers if each.name == "console"]
    monkeypatch.setattr(console, "stream", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def validate():
    """``validate(data, schema)`` fails where the data is not as the JSON Schema says."""

    def check(data, schema):
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(json.loads(json.dumps(data)))

    return check
