"""Placing an order: at the price of the moment, out of the stock, whole or not at all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection

from accounts.models import Customer, User
from catalogue.models import Product
from orders.models import Order, OrderEvent, OrderItem

LIST = "/api/v1/orders/"


def items(products, quantity=1):
    return {"items": [{"product": each.pk, "quantity": quantity} for each in products]}


def details(response):
    assert response.status_code == 400, response.content
    return response.json()["error"]["details"]


def test_a_customer_orders_and_is_told_where_the_order_is(hers, ada, stocked):
    first, second = stocked(2)
    response = hers.post(
        LIST,
        {
            "items": [
                {"product": second.pk, "quantity": 2},
                {"product": first.pk, "quantity": 1},
            ]
        },
    )
    assert response.status_code == 201
    order = Order.objects.get()
    assert response.headers["Location"] == f"http://testserver{LIST}{order.pk}/"
    assert response.json() == hers.get(f"{LIST}{order.pk}/").json()
    assert response.json()["customer_name"] == "Ada"
    assert response.json()["status"] == "pending"
    assert [item["product_name"] for item in response.json()["items"]] == ["Stocked 2", "Stocked 1"]
    assert response.json()["total"] == "31.97"  # 2 x 10.99 + 9.99
    assert order.customer == ada


@pytest.mark.parametrize("number", [1, 50, 100])
def test_an_order_costs_nine_queries_whatever_the_number_of_items(hers, stocked, cost, number):
    assert cost(hers.post, LIST, items(stocked(number))) == 9
    assert OrderItem.objects.count() == number


def test_a_session_costs_one_query_more_and_that_is_the_declared_budget(anyone, ada, stocked, cost):
    anyone.force_login(ada.user)
    assert cost(anyone.post, LIST, items(stocked(3))) == 10


def test_the_total_in_sql_equals_the_one_in_python(hers, stocked):
    shown = hers.post(LIST, items(stocked(50), quantity=3)).json()
    order = Order.objects.with_totals().get()
    in_python = sum((each.quantity * each.unit_price for each in order.items.all()), Decimal())
    assert Decimal(shown["total"]) == order.total_amount == order.compute_total() == in_python


def test_the_price_is_that_of_the_moment(hers, stocked):
    (product,) = stocked(1)
    shown = hers.post(LIST, items([product])).json()
    Product.objects.update(price=1)
    assert hers.get(f"{LIST}{shown['id']}/").json() == shown
    assert shown["items"][0]["unit_price"] == "9.99"


def test_nobody_names_a_price_a_status_or_a_date(hers, stocked):
    (product,) = stocked(1)
    item = {"product": product.pk, "quantity": 1, "unit_price": "0.01"}
    given = {"items": [item], "status": "paid", "created_at": "2020-01-01T00:00Z", "total": "0.01"}
    shown = hers.post(LIST, given).json()
    assert (shown["total"], shown["status"], shown["created_at"][:4] > "2020") == (
        "9.99",
        "pending",
        True,
    )


def test_what_is_ordered_leaves_the_stock(hers, stocked):
    first, second, _ = stocked(3)
    hers.post(LIST, items([first, second], quantity=4))
    assert list(Product.objects.order_by("pk").values_list("stock", flat=True)) == [6, 6, 10]


def test_the_last_one_can_be_ordered_once(hers, stocked):
    products = stocked(1, stock=1)
    assert hers.post(LIST, items(products)).status_code == 201
    assert details(hers.post(LIST, items(products)))["items"] == {
        "0": {"quantity": [{"message": "There are only 0 left.", "code": "out_of_stock"}]}
    }


def test_products_are_read_without_their_wide_column_and_locked_where_that_is_possible(
    hers, stocked, django_assert_max_num_queries
):
    products = stocked(2)
    with django_assert_max_num_queries(15) as seen:
        hers.post(LIST, items(products))
    (read,) = [
        query["sql"]
        for query in seen.captured_queries
        if query["sql"].startswith("SELECT") and ' FROM "catalogue_product" WHERE' in query["sql"]
    ]
    assert "description" not in read
    assert ("FOR UPDATE" in read) == connection.features.has_select_for_update


# --- What is refused, and that nothing is written then ---


@pytest.fixture
def nothing_written(db):
    yield
    assert not Order.objects.exists()
    assert not OrderEvent.objects.exists()
    assert set(Product.objects.values_list("stock", flat=True)) <= {10}


@pytest.mark.usefixtures("nothing_written")
class TestRefused:
    def test_each_item_is_told_what_is_wrong_with_it(self, hers, stocked):
        first, second = stocked(2)
        given = [(first.pk, 1), (second.pk, 11), (second.pk + 1, 1)]
        problems = details(
            hers.post(LIST, {"items": [{"product": p, "quantity": q} for p, q in given]})
        )
        assert problems["items"] == {
            "1": {"quantity": [{"message": "There are only 10 left.", "code": "out_of_stock"}]},
            "2": {"product": [{"message": "There is no such product.", "code": "does_not_exist"}]},
        }

    @pytest.mark.parametrize(
        ("field", "value", "why"),
        [
            ("product", 0, "min_value"),
            ("product", 2**63, "max_value"),
            ("product", "x", "invalid"),
            ("product", None, "null"),
            ("quantity", 0, "min_value"),
            ("quantity", -1, "min_value"),
            ("quantity", 1_001, "max_value"),
            ("quantity", 1.5, "invalid"),
        ],
    )
    def test_an_item_that_can_be_none_is_told(self, hers, stocked, field, value, why):
        (product,) = stocked(1)
        item = {"product": product.pk, "quantity": 1, field: value}
        (problem,) = details(hers.post(LIST, {"items": [item]}))["items"]["0"][field]
        assert problem["code"] == why

    def test_a_product_twice(self, hers, stocked):
        (product,) = stocked(1)
        (problem,) = details(hers.post(LIST, items([product, product])))["items"]
        assert problem["code"] == "unique"

    @pytest.mark.parametrize("given", [{}, {"items": []}, {"items": None}, {"items": "x"}, []])
    def test_no_items(self, hers, given):
        assert details(hers.post(LIST, given))

    def test_more_than_100_items(self, hers, stocked):
        assert "items" in details(hers.post(LIST, items(stocked(101))))

    def test_an_inactive_customer(self, hers, api, ada, stocked):
        Customer.objects.update(is_active=False)
        given = items(stocked(1))
        for client, more in ((hers, {}), (api, {"customer": ada.pk})):
            (problem,) = details(client.post(LIST, {**given, **more}))["customer"]
            assert problem["code"] == "inactive"

    def test_without_credentials(self, anyone, stocked):
        assert anyone.post(LIST, items(stocked(1))).status_code == 401

    def test_a_user_who_is_no_customer(self, client_of, api, stocked):
        given = items(stocked(1))
        for client in (client_of(User.objects.create_user("grace")), api):
            (problem,) = details(client.post(LIST, given))["customer"]
            assert problem["code"] == "required"

    def test_somebody_else_as_customer_is_as_if_there_were_none(self, hers, stocked):
        other = Customer.objects.create(name="Other", email="other@example.com")
        given = items(stocked(1))
        answers = [
            details(hers.post(LIST, {**given, "customer": key})) for key in (other.pk, other.pk + 1)
        ]
        assert [each["customer"][0]["code"] for each in answers] == ["does_not_exist"] * 2


def test_staff_order_for_a_customer(api, ada, stocked, cost):
    assert cost(api.post, LIST, {**items(stocked(3)), "customer": ada.pk}) == 9
    assert Order.objects.get().customer == ada


def test_a_customer_may_name_oneself(hers, ada, stocked):
    assert hers.post(LIST, {**items(stocked(1)), "customer": ada.pk}).status_code == 201
