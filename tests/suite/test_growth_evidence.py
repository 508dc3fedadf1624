"""``query_guard.constant``: a call that saw nothing of the data proves nothing, and fails."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group
from django.template import engines
from django.template.response import TemplateResponse
from django.test import RequestFactory
from rest_framework.test import APIRequestFactory

from nplusone_guard import GrowthNotMeasured, QueriesGrow
from tests.conftest import fill
from tests.endpoints import OrderViewSet
from tests.shop.models import Order, Tag

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.endpoints")]


def doubt(query_guard, grow, call):
    """Why the call proves nothing, without the label."""
    with pytest.raises(GrowthNotMeasured) as error:
        query_guard.constant(grow, call)
    _, _, why = str(error.value).partition("  this proves nothing: ")
    return why


@pytest.fixture
def accepted(query_guard):
    """Whether equal counts pass, with and without ``allow_unread``."""

    def check(grow, call):
        query_guard.constant(grow, call, allow_unread=True)
        with pytest.raises(GrowthNotMeasured):
            query_guard.constant(grow, call)
        return True

    return check


# --- Responses ---


def test_an_error_at_each_size(query_guard, orders, client):
    assert (
        doubt(query_guard, orders, lambda: client.get("/nowhere/"))
        == """\
the call answered 404 at size 2, 404 at size 8.
  An error page reads little of the data. To measure one, return nothing from call."""
    )


def test_an_error_at_one_size_is_told_before_growth(query_guard, orders, client):
    def call():
        path = "/row-by-row/" if Order.objects.count() < 8 else "/nowhere/"
        return client.get(path)

    assert doubt(query_guard, orders, call).startswith("the call answered 404 at size 8.\n")


def test_an_error_page_is_measured_where_nothing_is_returned(query_guard, orders, client):
    def call():
        list(Order.objects.all())
        client.get("/nowhere/")

    assert query_guard.constant(orders, call).queries == (1, 1)


def test_a_redirection_is_named(query_guard, orders, client):
    assert (
        doubt(query_guard, orders, lambda: client.get("/redirect/"))
        == """\
the call read 1 row at each size (2, 8).
  grow wrote shop_customer, shop_order, shop_orderitem, shop_product; the call read shop_tag.
  It was redirected to /row-by-row/.
  allow_unread=True accepts that."""
    )


@pytest.mark.parametrize("path", ["/stream/", "/stream-async/"])
def test_a_stream_is_read_to_its_end(query_guard, orders, async_client, path):
    with pytest.raises(QueriesGrow, match=r"shop.Customer|shop.Order.customer"):
        query_guard.constant(orders, lambda: async_client.get(path))


def test_a_stream_that_the_call_has_read(query_guard, orders, client):
    def call():
        response = client.get("/stream/")
        b"".join(response)
        return response

    with pytest.raises(QueriesGrow, match=r"shop.Order.customer"):
        query_guard.constant(orders, call)


def test_a_response_that_its_caller_would_render_is_rendered(query_guard, orders):
    template = engines["django"].from_string(
        "{% for o in orders %}{{ o.customer.name }}{% endfor %}"
    )

    def view():
        return TemplateResponse(
            RequestFactory().get("/"), template, {"orders": Order.objects.all()}
        )

    with pytest.raises(QueriesGrow, match=r"shop.Order.customer"):
        query_guard.constant(orders, view)


def test_a_view_that_is_called_without_a_client(query_guard, orders):
    view = OrderViewSet.as_view({"get": "list"})
    with pytest.raises(QueriesGrow, match=r"OrderSerializer.customer_name"):
        query_guard.constant(orders, lambda: view(APIRequestFactory().get("/")))


# --- What was not read ---


def test_no_query_at_all(query_guard, orders, client, accepted):
    assert (
        doubt(query_guard, orders, lambda: client.get("/nothing/"))
        == """\
the call ran no query at any size (2, 8).
  Does a cache answer, or does something lazy wait to be read?
  allow_unread=True accepts that."""
    )
    assert accepted(orders, lambda: client.get("/nothing/"))


def test_a_queryset_that_nobody_read(query_guard, orders):
    assert (
        doubt(query_guard, orders, Order.objects.all)
        == """\
the call returned a QuerySet, whose queries had not run.
  Read it in call: return list(...) of it."""
    )


def test_a_generator_that_nobody_read(query_guard, orders):
    why = doubt(query_guard, orders, lambda: (order.customer for order in Order.objects.all()))
    assert why.startswith("the call returned a generator, whose queries had not run.\n")


def test_a_queryset_that_was_read_is_as_good_as_a_list(query_guard, orders):
    def call():
        found = Order.objects.all()
        assert found
        return found

    assert query_guard.constant(orders, call).rows == (2, 8)


def test_other_tables_than_those_that_grew(query_guard, orders, accepted):
    assert (
        doubt(query_guard, orders, lambda: list(Tag.objects.all()))
        == """\
the call read 0 rows at each size (2, 8).
  grow wrote shop_customer, shop_order, shop_orderitem, shop_product; the call read shop_tag.
  allow_unread=True accepts that."""
    )
    assert accepted(orders, lambda: list(Tag.objects.all()))


def test_a_filter_that_hides_what_grew(query_guard, orders, accepted):
    def call():
        return list(Order.objects.filter(note="hers"))

    assert (
        doubt(query_guard, orders, call)
        == """\
the call read 0 rows at each size (2, 8).
  It reads shop_order, but nothing of what grow made.
  Does a filter or a page hide it?
  allow_unread=True accepts that."""
    )
    assert accepted(orders, call)


def test_a_filter_that_hides_what_grew_behind_a_count(query_guard, orders):
    why = doubt(query_guard, orders, Order.objects.filter(note="hers").count)
    assert why.startswith("the call read 1 row at each size (2, 8).\n  It reads shop_order, but")


def test_rows_that_were_never_saved(query_guard, orders):
    orders(3)
    why = doubt(query_guard, lambda n: [Order() for _ in range(n)], lambda: list(Tag.objects.all()))
    assert "\n  grow wrote nothing to a database; were its rows saved?\n" in why


def test_of_many_tables_some_are_named(query_guard):
    why = doubt(query_guard, lambda _: fill(), lambda: list(Group.objects.all()))
    assert "grow wrote shop_category, shop_comment, shop_company, shop_contract, " in why
    assert re.search(r", \d+ more; the call read auth_group\.", why)


# --- What shows that the data was seen ---


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: list(Order.objects.all()), id="more rows"),
        pytest.param(Order.objects.count, id="another answer"),
        pytest.param(
            lambda: {"orders": Order.objects.count()}, id="an answer of which no one knows"
        ),
        pytest.param(
            lambda: Order.objects.count() and None, id="no answer, but a row of that table"
        ),
        pytest.param(lambda: list(Order.objects.all()[:2]), id="a full page"),
        pytest.param(lambda: Order.objects.count() > 0, id="an answer of yes or no"),
        pytest.param(Order.objects.exists, id="a row that there is"),
        pytest.param(lambda: Order.objects.update(note="seen") and None, id="rows that it wrote"),
        pytest.param(lambda: Order.objects.filter(note="").delete() and None, id="rows it deleted"),
    ],
)
def test_it_was_seen(query_guard, orders, call):
    assert query_guard.constant(orders, call).grown == ()
