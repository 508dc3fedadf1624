"""The feed of what happened: pages that stay put while events come in."""

from __future__ import annotations

from base64 import b64encode

import pytest

from orders.models import OrderEvent

FEED = "/api/v1/order-events/"
ORDERS = "/api/v1/orders/"


@pytest.fixture
def happen(grow):
    """``happen(30, customer)``: that many events of one order of the customer's."""

    def add(number, customer=None):
        (order,) = grow(1, customer)
        return OrderEvent.objects.bulk_create(
            OrderEvent(order=order, kind=OrderEvent.Kind.PLACED, status="pending")
            for _ in range(number)
        )

    return add


def ids(page):
    return [event["id"] for event in page["results"]]


def cursor(position):
    return b64encode(f"p={position}".encode()).decode()


def test_placing_and_changing_an_order_are_events_the_newest_first(hers, api, stocked):
    (product,) = stocked(1)
    order = hers.post(ORDERS, {"items": [{"product": product.pk, "quantity": 1}]}).json()["id"]
    api.patch(f"{ORDERS}{order}/", {"status": "paid"})
    events = hers.get(FEED).json()["results"]
    assert [(each["order"], each["kind"], each["status"]) for each in events] == [
        (order, "status_changed", "paid"),
        (order, "placed", "pending"),
    ]


def test_a_page_has_25_and_leads_to_the_next_and_back(api, happen):
    made = [event.pk for event in happen(60)][::-1]
    first = api.get(FEED).json()
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()
    assert (ids(first), ids(second), ids(third)) == (made[:25], made[25:50], made[50:])
    assert (first["previous"], third["next"]) == (None, None)
    assert ids(api.get(third["previous"]).json()) == ids(second)


def test_what_happens_between_two_pages_neither_repeats_nor_hides_an_event(api, happen):
    made = [event.pk for event in happen(50)][::-1]
    first = api.get(FEED).json()
    new = happen(30)
    OrderEvent.objects.filter(pk=made[30]).delete()
    second = api.get(first["next"]).json()
    assert ids(first) + ids(second) == [pk for pk in made if pk != made[30]]
    assert ids(api.get(FEED).json()) == [event.pk for event in new][::-1][:25]


@pytest.mark.parametrize("events", [3, 300])
def test_a_page_costs_two_queries_however_far_back(api, hers, ada, happen, cost, events):
    oldest = happen(events, ada)[0]
    assert cost(api.get, f"{FEED}?page_size=100") == 2
    assert cost(hers.get, f"{FEED}?cursor={cursor(oldest.pk + 2)}") == 2


def test_a_session_costs_one_query_more_and_that_is_the_declared_budget(
    anyone, staff, happen, cost
):
    happen(3)
    anyone.force_login(staff)
    assert cost(anyone.get, FEED) == 3


def test_a_page_is_a_range_of_the_key_and_skips_no_rows(api, happen, django_assert_num_queries):
    oldest = happen(60)[0]
    with django_assert_num_queries(2) as seen:
        api.get(f"{FEED}?cursor={cursor(oldest.pk + 30)}")
    sql = seen.captured_queries[-1]["sql"]
    assert f'"id" < {oldest.pk + 30} ORDER BY "orders_orderevent"."id" DESC LIMIT 26' in sql
    assert "OFFSET" not in sql


@pytest.mark.parametrize(("asked", "given"), [("2", 2), ("500", 100)])
def test_page_size_can_be_asked_for_up_to_100(api, happen, asked, given):
    happen(101)
    assert len(ids(api.get(f"{FEED}?page_size={asked}").json())) == given


@pytest.mark.parametrize(
    "made_up", ["nonsense", "ü", cursor("x"), cursor("-1"), cursor("1.5"), cursor("9" * 5_000)]
)
def test_a_cursor_that_is_made_up_is_not_found(api, happen, made_up):
    happen(3)
    assert api.get(FEED, {"cursor": made_up}).status_code == 404


def test_a_cursor_beyond_all_keys_is_before_the_first_event(api, happen):
    made = [event.pk for event in happen(3)][::-1]
    assert ids(api.get(FEED, {"cursor": cursor("9" * 19)}).json()) == made


@pytest.mark.parametrize(
    ("query", "found"), [("order={order}", 2), ("order=0", 0), ("kind=placed", 5)]
)
def test_events_are_filtered(api, happen, query, found):
    happen(3)
    order = happen(2)[0].order_id
    assert len(ids(api.get(f"{FEED}?{query.format(order=order)}").json())) == found


@pytest.mark.parametrize("query", ["order=x", "kind=lost"])
def test_a_filter_that_is_not_valid_is_told(api, db, query):
    response = api.get(f"{FEED}?{query}")
    assert list(response.json()["error"]["details"]) == [query.partition("=")[0]]


def test_a_customer_sees_events_of_own_orders_and_staff_see_all(hers, api, ada, happen):
    own = happen(2, ada)
    (other,) = happen(1)
    assert ids(hers.get(FEED).json()) == [event.pk for event in own][::-1]
    assert hers.get(f"{FEED}?order={other.order_id}").json()["results"] == []
    assert len(ids(api.get(FEED).json())) == 3


def test_without_credentials_there_are_none(anyone, db):
    assert anyone.get(FEED).status_code == 401


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_events_are_only_read(api, db, method):
    assert getattr(api, method)(FEED, {}).status_code == 405


def test_an_event_says_what_it_is_without_a_query(happen, django_assert_num_queries):
    (event,) = happen(1)
    with django_assert_num_queries(0):
        assert str(event) == f"Order {event.order_id} pending"
