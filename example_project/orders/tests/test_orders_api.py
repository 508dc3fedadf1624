"""The tuned endpoints: what they cost, what they show, and to whom."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from rest_framework.authtoken.models import Token

from accounts.models import Customer, User
from nplusone_guard import capture
from nplusone_guard.report.json import schema

LIST = "/api/v1/orders/"


def measured(client, path):
    with capture(label=path) as report:
        response = client.get(path)
    assert response.status_code == 200
    return report


@pytest.mark.parametrize("orders", [3, 30])
def test_a_list_costs_four_queries_whatever_the_number_of_orders(api, grow, orders):
    grow(orders)
    report = measured(api, f"{LIST}?page_size=100")
    assert report.queries == 4, str(report)
    assert report.findings == ()


@pytest.mark.parametrize("orders", [3, 30])
def test_an_order_costs_three_queries_whatever_the_number_of_orders(api, grow, orders):
    order = grow(orders)[0]
    report = measured(api, f"{LIST}{order.pk}/")
    assert report.queries == 3, str(report)
    assert report.findings == ()


def test_a_session_costs_one_query_more_and_that_is_the_declared_budget(staff, grow, anyone, cost):
    (order,) = grow(1)
    anyone.force_login(staff)
    assert cost(anyone.get, LIST) == 5
    assert cost(anyone.get, f"{LIST}{order.pk}/") == 4


@pytest.mark.usefixtures("guard_records")
@pytest.mark.parametrize("path", [LIST, f"{LIST}?page_size=100", f"{LIST}?page=2"])
def test_the_list_and_its_naive_twin_answer_with_the_same_bytes(api, grow, path):
    grow(30)
    naive = api.get(path.replace("/v1/", "/naive/"))
    assert api.get(path).content == naive.content.replace(b"/api/naive/", b"/api/v1/")


@pytest.mark.usefixtures("guard_records")
def test_an_order_and_its_naive_twin_answer_with_the_same_bytes(api, grow):
    (order,) = grow(1)
    assert (
        api.get(f"{LIST}{order.pk}/").content == api.get(f"/api/naive/orders/{order.pk}/").content
    )


def test_an_order_shows_customer_items_and_total(api, grow):
    (order,) = grow(1)
    shown = api.get(f"{LIST}{order.pk}/").json()
    assert shown["customer_name"] == "Customer 1"
    assert shown["status"] == "pending"
    assert shown["item_count"] == 3
    assert shown["total"] == "67.94"  # 1 x 9.99 + 2 x 10.99 + 3 x 11.99
    assert shown["items"][1] == {
        "id": shown["items"][1]["id"],
        "product_name": "Product 1.1",
        "category": "Category 1.1",
        "quantity": 2,
        "unit_price": "10.99",
    }


def test_an_asgi_server_gets_the_same_answer_for_the_same_cost(api, staff, grow):
    grow(3)
    headers = {"Authorization": f"Token {Token.objects.get(user=staff).key}"}
    response = async_to_sync(AsyncClient().get)(LIST, headers=headers)
    assert response.content == api.get(LIST).content
    assert response.headers["X-Guard-Queries"] == "4"
    assert response.headers["X-Guard-Findings"] == "0"


def test_the_report_of_the_list_follows_the_schema(api, grow, validate):
    grow(3)
    validate(measured(api, LIST).to_dict(), schema())


# --- Pages ---


def test_a_page_has_25_orders_the_newest_first(api, grow):
    made = grow(30)
    page = api.get(LIST).json()
    assert page["count"] == 30
    assert page["previous"] is None
    assert [order["id"] for order in page["results"]] == [o.pk for o in reversed(made)][:25]
    assert len(api.get(page["next"]).json()["results"]) == 5


@pytest.mark.parametrize(("asked", "given"), [("2", 2), ("100", 100), ("500", 100), ("-1", 25)])
def test_page_size_can_be_asked_for_up_to_100(api, grow, asked, given):
    grow(101)
    assert len(api.get(f"{LIST}?page_size={asked}").json()["results"]) == given


def test_a_page_beyond_the_last_is_not_found(api, grow):
    grow(1)
    assert api.get(f"{LIST}?page=2").status_code == 404


# --- Who sees what ---


@pytest.mark.parametrize("path", [LIST, f"{LIST}1/", "/api/naive/orders/"])
def test_without_a_token_nothing_is_shown(db, anyone, path):
    assert anyone.get(path).status_code == 401


def test_a_user_sees_own_orders_and_not_that_others_exist(client_of, grow):
    user = User.objects.create_user("ada")
    customer = Customer.objects.create(user=user, name="Ada", email="ada@example.com")
    (own,) = grow(1, customer)
    (other,) = grow(1)
    client = client_of(user)
    assert [order["id"] for order in client.get(LIST).json()["results"]] == [own.pk]
    assert client.get(f"{LIST}{own.pk}/").status_code == 200
    assert client.get(f"{LIST}{other.pk}/").status_code == 404
    assert client.get(f"/api/naive/orders/{other.pk}/").status_code == 404


def test_a_user_who_is_no_customer_sees_an_empty_list(client_of, grow):
    grow(1)
    assert client_of(User.objects.create_user("ada")).get(LIST).json()["results"] == []


def test_staff_see_all_orders(api, grow):
    grow(3)
    assert api.get(LIST).json()["count"] == 3


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_an_order_is_neither_replaced_nor_deleted(api, grow, method):
    (order,) = grow(1)
    assert getattr(api, method)(f"{LIST}{order.pk}/", {}).status_code == 405
    assert api.get(f"{LIST}{order.pk}/").status_code == 200


@pytest.mark.parametrize("key", ["0", "x", "1.5", "9" * 30, "9" * 5_000])
def test_what_is_no_order_is_not_found(api, grow, key):
    grow(1)
    assert api.get(f"{LIST}{key}/").status_code == 404
