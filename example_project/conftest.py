"""What the tests start from: orders in any number, and a client that may see them."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import count

import pytest
from jsonschema import Draft202012Validator
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from accounts.models import Customer, User
from catalogue.models import Category, Product
from orders.models import Order, OrderItem


@pytest.fixture
def grow(db):
    """``grow(5)`` adds five orders of three items each; nothing is shared between two orders."""
    numbers = count(1)

    def add(orders, customer=None):
        made = []
        for _ in range(orders):
            number = next(numbers)
            buyer = customer or Customer.objects.create(
                name=f"Customer {number}", email=f"{number}@example.com"
            )
            order = Order.objects.create(customer=buyer)
            for item in range(3):
                product = Product.objects.create(
                    category=Category.objects.create(name=f"Category {number}.{item}"),
                    sku=f"{number}.{item}",
                    name=f"Product {number}.{item}",
                    price=Decimal("9.99") + item,
                )
                OrderItem.objects.create(
                    order=order, product=product, quantity=item + 1, unit_price=product.price
                )
            made.append(order)
        return made

    return add


@pytest.fixture
def staff(db):
    return User.objects.create_user("staff", is_staff=True, is_superuser=True)


@pytest.fixture
def client_of():
    """``client_of(user)`` sends the user's token with each request."""

    def make(user):
        client = APIClient()
        token, _ = Token.objects.get_or_create(user=user)
        client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
        return client

    return make


@pytest.fixture
def api(staff, client_of):
    """The client of a member of staff, who sees all orders."""
    return client_of(staff)


@pytest.fixture
def validate():
    """``validate(data, schema)`` fails where the data is not as the JSON Schema says."""

    def check(data, schema):
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(json.loads(json.dumps(data)))

    return check
