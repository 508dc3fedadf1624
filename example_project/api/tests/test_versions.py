"""Version 2 shows money with its currency; version 1 stays as it is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from catalogue.models import Product
from nplusone_guard import capture

MONEY = {"price", "unit_price", "total"}
EUR = {"amount": "9.99", "currency": "EUR"}


def with_currency(shown):
    """What version 2 shows where version 1 shows this."""
    if isinstance(shown, list):
        return [with_currency(each) for each in shown]
    if isinstance(shown, dict):
        return {
            name: {"amount": value, "currency": "EUR"} if name in MONEY else with_currency(value)
            for name, value in shown.items()
        }
    return shown.replace("/api/v1/", "/api/v2/") if isinstance(shown, str) else shown


@pytest.fixture
def paths(grow):
    order = grow(30)[0]
    item = order.items.first()
    return [
        "orders/",
        "orders/?page=2&ordering=total",
        f"orders/{order.pk}/",
        "products/",
        "products/?min_price=10.50&ordering=-price",
        f"products/{item.product_id}/",
        "categories/",
        f"categories/{item.product.category_id}/",
        "order-events/",
    ]


def test_version_2_shows_the_same_with_a_currency_for_the_same_queries(api, paths):
    for path in paths:
        with capture() as first:
            v1 = api.get(f"/api/v1/{path}")
        with capture() as second:
            v2 = api.get(f"/api/v2/{path}")
        assert v2.json() == with_currency(v1.json()), path
        assert second.queries == first.queries, path
        assert second.findings == (), path


def test_a_price_is_written_as_it_is_shown(api, stocked):
    (product,) = stocked(1)
    path = f"/api/v2/products/{product.pk}/"
    assert api.get(path).json()["price"] == EUR
    answer = api.patch(path, {"price": {"amount": "12.50", "currency": "EUR"}})
    assert answer.json()["price"] == {"amount": "12.50", "currency": "EUR"}
    assert Product.objects.get().price == Decimal("12.50")
    assert api.get(path.replace("v2", "v1")).json()["price"] == "12.50"


def test_a_product_is_added_and_replaced_with_its_currency(api, stocked):
    (product,) = stocked(1)
    given = {"sku": "B1", "name": "A book", "category": product.category_id, "price": EUR}
    made = api.post("/api/v2/products/", given)
    assert (made.status_code, made.json()["price"]) == (201, EUR)
    assert made.headers["Location"].startswith("http://testserver/api/v2/products/")
    again = {**given, "price": {"amount": "1.00", "currency": "EUR"}}
    assert api.put(made.headers["Location"], again).json()["price"] == again["price"]


@pytest.mark.parametrize(
    ("price", "why"),
    [
        ("12.50", "form"),
        (None, "null"),
        ({"amount": "12.50"}, "form"),
        ({"currency": "EUR"}, "form"),
        ({"amount": "12.50", "currency": "EUR", "cents": 1250}, "form"),
        ({"amount": "12.50", "currency": "USD"}, "currency"),
        ({"amount": "cheap", "currency": "EUR"}, "invalid"),
        ({"amount": None, "currency": "EUR"}, "null"),
        ({"amount": "1.999", "currency": "EUR"}, "max_decimal_places"),
        ({"amount": "0.00", "currency": "EUR"}, "min_value"),
        ({"amount": "12345678901.00", "currency": "EUR"}, "max_digits"),
    ],
)
@pytest.mark.parametrize("method", ["patch", "put"])
def test_money_that_is_not_valid_is_told(api, stocked, method, price, why):
    (product,) = stocked(1)
    given = {"sku": "B1", "name": "A book", "category": product.category_id, "price": price}
    response = getattr(api, method)(f"/api/v2/products/{product.pk}/", given)
    assert response.status_code == 400
    details = response.json()["error"]["details"]
    assert [(name, problem["code"]) for name, (problem,) in details.items()] == [("price", why)]
    assert Product.objects.get().price == product.price


def test_an_order_is_placed_as_in_version_1_and_shown_with_its_currency(hers, stocked):
    (product,) = stocked(1)
    given = {"items": [{"product": product.pk, "quantity": 1}]}
    answer = hers.post("/api/v2/orders/", given)
    assert answer.status_code == 201
    assert answer.json()["total"] == answer.json()["items"][0]["unit_price"] == EUR
    place = answer.headers["Location"]
    assert place.startswith("http://testserver/api/v2/orders/")
    assert hers.patch(place, {"status": "cancelled"}).json()["total"] == EUR


def test_another_user_s_order_is_not_there_in_version_2_either(hers, anyone, grow):
    (other,) = grow(1)
    path = f"/api/v2/orders/{other.pk}/"
    assert hers.get(path).status_code == 404
    assert hers.patch(path, {"status": "cancelled"}).status_code == 404
    assert anyone.get(path).status_code == 401


def test_only_staff_write_in_version_2_either(hers, anyone, stocked):
    (product,) = stocked(1)
    path = f"/api/v2/products/{product.pk}/"
    assert hers.patch(path, {"price": EUR}).status_code == 403
    assert anyone.patch(path, {"price": EUR}).status_code == 401
