from __future__ import annotations

import pytest

from nplusone_guard import capture


@pytest.fixture
def admin(client, staff):
    client.force_login(staff)
    return client


@pytest.mark.parametrize("path", ["/admin/orders/order/", "/admin/orders/order/?status=pending"])
@pytest.mark.parametrize("orders", [2, 20])
def test_the_list_of_orders_costs_the_same_whatever_their_number(admin, grow, path, orders):
    grow(orders)
    with capture() as report:
        response = admin.get(path)
    assert f"{orders} order".encode() in response.content
    assert report.queries == 4, str(report)
    assert report.findings == ()


def test_an_order_shows_its_items_without_a_query_for_each(admin, grow):
    (order,) = grow(1)
    with capture() as report:
        response = admin.get(f"/admin/orders/order/{order.pk}/change/")
    assert b"Product 1.2" in response.content
    assert report.findings == (), str(report)


def test_a_status_can_be_changed_and_items_can_not(admin, grow):
    (order,) = grow(1)
    answer = admin.post(
        f"/admin/orders/order/{order.pk}/change/",
        {
            "customer": order.customer_id,
            "status": "shipped",
            "created_at_0": "2026-01-01",
            "created_at_1": "12:00:00",
            "items-TOTAL_FORMS": 0,
            "items-INITIAL_FORMS": 0,
        },
    )
    assert answer.status_code == 302
    order.refresh_from_db()
    assert order.status == "shipped"
    assert order.items.count() == 3


def test_an_order_can_be_added(admin, grow):
    (order,) = grow(1)
    assert admin.get("/admin/orders/order/add/").status_code == 200
    answer = admin.post(
        "/admin/orders/order/add/",
        {
            "customer": order.customer_id,
            "status": "paid",
            "created_at_0": "2026-01-01",
            "created_at_1": "12:00:00",
            "items-TOTAL_FORMS": 0,
            "items-INITIAL_FORMS": 0,
        },
    )
    assert answer.status_code == 302
    assert order.customer.orders.count() == 2
