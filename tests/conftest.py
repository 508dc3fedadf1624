from __future__ import annotations

import pytest

from tests.shop.data import fill_further
from tests.shop.models import Category, Comment, Customer, Label, Order, OrderItem, Product, Tag

pytest_plugins = ["pytester"]


def fill() -> None:
    """Five orders of three items each, of three products in one category with two tags each."""
    category = Category.objects.create(name="books")
    tags = [Tag.objects.create(name=name) for name in ("new", "rare")]
    products = [Product.objects.create(name=f"book {n}", category=category) for n in range(3)]
    for product in products:
        product.tags.set(tags)
        product.featured_tags.set(tags[:1])
        Label.objects.create(product=product, text="label")
        Comment.objects.create(about=product, text="good")
    payer = Customer.objects.create(name="payer")
    for number in range(5):
        customer = Customer.objects.create(name=f"customer {number}")
        order = Order.objects.create(customer=customer, payer=payer)
        for product in products:
            OrderItem.objects.create(order=order, product=product)
    fill_further()


@pytest.fixture(autouse=True)
def no_fault_logged_yet():
    from nplusone_guard.faults import once_a_minute

    once_a_minute.forget()


@pytest.fixture
def shop(db):
    fill()


@pytest.fixture
def committed_shop(transactional_db):
    fill()
