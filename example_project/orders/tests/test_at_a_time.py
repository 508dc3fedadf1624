"""Several requests at a time, on a database that has several connections at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.models import Customer, User
from accounts.tokens import issue
from catalogue.models import Category, Product
from orders.models import Order

pytestmark = pytest.mark.django_db(transaction=True)

if connection.vendor == "sqlite":
    pytest.skip("needs a database server (make services)", allow_module_level=True)

ORDERS = "/api/v1/orders/"


@pytest.fixture
def together():
    """``together([call, ...])``: what each answers, all begun at the same moment."""

    def run(calls):
        start = Barrier(len(calls))

        def one(call):
            try:
                start.wait(10)
                return call().status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(len(calls)) as pool:
            return sorted(pool.map(one, calls))

    return run


@pytest.fixture
def user():
    user = User.objects.create_user("ada", password="lovelace-1815")
    Customer.objects.create(user=user, name="Ada", email="ada@example.com")
    return user


@pytest.fixture
def products():
    category = Category.objects.create(name="Books")
    return [
        Product.objects.create(category=category, sku=sku, name=sku, price=1, stock=5)
        for sku in "ABC"
    ]


def order(client_of, user, products):
    client = client_of(user)
    given = {"items": [{"product": each.pk, "quantity": 1} for each in products]}
    return lambda: client.post(ORDERS, given)


def test_what_is_there_five_times_is_sold_five_times(together, client_of, user, products):
    calls = [order(client_of, user, products) for _ in range(8)]
    assert together(calls) == [201] * 5 + [400] * 3
    assert set(Product.objects.values_list("stock", flat=True)) == {0}


def test_orders_of_the_same_products_in_any_order_do_not_stop_one_another(
    together, client_of, user, products
):
    for _ in range(2):
        backwards = products[::-1]
        calls = [order(client_of, user, each) for each in (products, backwards)]
        assert together(calls) == [201, 201]


def test_an_order_that_is_cancelled_twice_goes_back_once(together, client_of, user, products):
    order(client_of, user, products)()
    path = f"{ORDERS}{Order.objects.get().pk}/"
    clients = [client_of(user) for _ in range(4)]
    cancel = [lambda each=each: each.patch(path, {"status": "cancelled"}) for each in clients]
    assert together(cancel) == [200] * 4
    assert set(Product.objects.values_list("stock", flat=True)) == {5}


def test_a_refresh_token_is_spent_once(together, client_of, user):
    pair = issue(user)
    clients = [client_of(user) for _ in range(4)]
    refresh = [lambda each=each: each.post("/api/v1/auth/refresh/", pair) for each in clients]
    assert together(refresh) == [200, 401, 401, 401]
