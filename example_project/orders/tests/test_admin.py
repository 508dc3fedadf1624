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


def change(admin, order, status):
    return admin.post(
        f"/admin/orders/order/{order.pk}/change/",
        {"status": status, "items-TOTAL_FORMS": 0, "items-INITIAL_FORMS": 0},
    )


def test_a_status_can_be_changed_and_items_can_not(admin, grow):
    (order,) = grow(1)
    assert change(admin, order, "paid").status_code == 302
    order.refresh_from_db()
    assert order.status == "paid"
    assert order.items.count() == 3


def test_a_status_is_changed_as_through_the_api(admin, grow):
    (order,) = grow(1)
    assert change(admin, order, "cancelled").status_code == 302
    assert [event.status for event in order.events.all()] == ["cancelled"]
    assert [item.product.stock for item in order.items.select_related("product")] == [1, 2, 3]


def test_a_status_that_does_not_follow_is_refused(admin, grow):
    (order,) = grow(1)
    assert b"Not after pending." in change(admin, order, "shipped").content
    order.refresh_from_db()
    assert order.status == "pending"


def test_saving_without_a_change_writes_nothing(admin, grow):
    (order,) = grow(1)
    assert change(admin, order, "pending").status_code == 302
    assert not order.events.exists()


def test_an_order_is_added_through_the_api_only(admin):
    assert admin.get("/admin/orders/order/add/").status_code == 403
