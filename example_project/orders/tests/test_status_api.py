"""Changing an order: what may follow what, who may do it, and what it costs."""

from __future__ import annotations

import pytest

from catalogue.models import Product
from orders.models import Order, OrderEvent

LIST = "/api/v1/orders/"


def one(order):
    return f"{LIST}{order.pk}/"


@pytest.fixture
def order(ada, grow):
    """One of Ada's."""
    (order,) = grow(1, ada)
    return order


def test_staff_take_an_order_from_pending_to_shipped(api, order):
    for status in ("paid", "shipped"):
        answer = api.patch(one(order), {"status": status})
        assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert answer.json() == api.get(one(order)).json()
    assert [event.status for event in order.events.order_by("pk")] == ["paid", "shipped"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pending", "shipped"),
        ("paid", "pending"),
        ("shipped", "cancelled"),
        ("cancelled", "pending"),
        ("cancelled", "paid"),
    ],
)
def test_what_does_not_follow_is_refused(api, order, before, after):
    Order.objects.update(status=before)
    response = api.patch(one(order), {"status": after})
    assert response.status_code == 400
    (problem,) = response.json()["error"]["details"]["status"]
    assert problem == {
        "message": f"An order that is {before} can not become {after}.",
        "code": "conflict",
    }
    order.refresh_from_db()
    assert order.status == before
    assert not OrderEvent.objects.exists()


@pytest.mark.parametrize("status", ["", "lost", None, 1])
def test_what_is_no_status_is_told(api, order, status):
    response = api.patch(one(order), {"status": status})
    assert response.status_code == 400
    assert list(response.json()["error"]["details"]) == ["status"]


def test_a_cancelled_order_goes_back_into_the_stock(hers, order):
    assert hers.patch(one(order), {"status": "cancelled"}).json()["status"] == "cancelled"
    assert list(Product.objects.order_by("pk").values_list("stock", flat=True)) == [1, 2, 3]


@pytest.mark.parametrize("given", [{"status": "cancelled"}, {}])
def test_to_ask_again_changes_nothing_more(hers, order, given):
    hers.patch(one(order), {"status": "cancelled"})
    assert hers.patch(one(order), given).status_code == 200
    assert list(Product.objects.order_by("pk").values_list("stock", flat=True)) == [1, 2, 3]
    assert order.events.count() == 1


def test_nothing_else_about_an_order_changes(hers, order):
    before = hers.get(one(order)).json()
    after = hers.patch(one(order), {"items": [], "customer": None, "total": "0.00"}).json()
    assert after == before


@pytest.mark.parametrize("orders", [1, 30])
def test_it_costs_the_same_whatever_the_number_of_orders(api, hers, ada, stocked, cost, orders):
    products = stocked(5 * orders)
    given = {"items": [{"product": each.pk, "quantity": 1} for each in products[: 3 * orders]]}
    path = f"{LIST}{hers.post(LIST, given).json()['id']}/"
    assert cost(api.patch, path, {"status": "paid"}) == 6
    assert cost(hers.patch, path, {"status": "cancelled"}) == 8
    assert cost(hers.patch, path, {}) == 4


def test_a_session_costs_one_query_more_and_that_is_the_declared_budget(anyone, order, ada, cost):
    anyone.force_login(ada.user)
    assert cost(anyone.patch, one(order), {"status": "cancelled"}) == 9


def test_an_order_without_items_can_be_cancelled(api, order):
    order.items.all().delete()
    assert api.patch(one(order), {"status": "cancelled"}).json()["items"] == []


# --- Who ---


@pytest.mark.parametrize("status", ["paid", "shipped", "pending"])
def test_a_customer_only_cancels(hers, order, status):
    response = hers.patch(one(order), {"status": status})
    assert response.status_code == 400
    assert response.json()["error"]["details"]["status"][0]["code"] == "permission_denied"
    order.refresh_from_db()
    assert order.status == "pending"


def test_to_another_user_an_order_is_not_there(hers, grow):
    (other,) = grow(1)
    answers = [hers.patch(path, {"status": "cancelled"}) for path in (one(other), f"{LIST}0/")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["error"]["message"] == answers[1].json()["error"]["message"]
    other.refresh_from_db()
    assert other.status == "pending"


def test_without_credentials_nothing_changes(anyone, order):
    assert anyone.patch(one(order), {"status": "cancelled"}).status_code == 401
    order.refresh_from_db()
    assert order.status == "pending"
