"""What a trace holds while it is open, and what it lets go of when it ends."""

from __future__ import annotations

import gc
import weakref
from itertools import count

import pytest
from django.db import connection, connections

from nplusone_guard import capture
from nplusone_guard.capture.group import Group
from tests.files_database import ALIAS, disconnect, files_database
from tests.serving import guarded, reports, wsgi
from tests.shop import views
from tests.shop.models import Order, OrderItem, Product

QUERIES = 2_000


class Witness:
    """Lives as long as the frame whose local variable it is."""


def groups_alive():
    return sum(type(each) is Group for each in gc.get_objects())


def literals(number):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM shop_product WHERE id = {number}")


def literals_in_two_statements(number):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM shop_product WHERE name = 'x{number}'")
        cursor.execute(f"SELECT id FROM shop_order WHERE id IN ({number}, {number + 1})")


def literals_in_lists_of_any_length(number):
    keys = ", ".join(str(number + each) for each in range(number % 50 + 1))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM shop_product WHERE id IN ({keys})")


def literals_through_the_orm(number):
    list(Product.objects.extra(where=[f"shop_product.id = {number}"])[:1])


@pytest.mark.parametrize(
    ("run", "shapes"),
    [
        (literals, 1),
        (literals_in_two_statements, 2),
        (literals_in_lists_of_any_length, 1),
        (literals_through_the_orm, 1),
    ],
)
def test_groups_grow_with_shapes_and_not_with_queries(run, shapes, db):
    before = groups_alive()
    with capture() as report:
        for number in range(QUERIES):
            run(number)
        assert groups_alive() - before <= 9 * shapes
    assert report.queries == QUERIES * shapes
    assert len(report.groups) == shapes


def test_the_next_trace_begins_with_nothing(db):
    for _ in range(2):
        with capture():
            literals(1)
    gc.collect()
    before = groups_alive()
    for _ in range(50):
        with capture():
            for number in range(20):
                literals(number)
    gc.collect()
    assert groups_alive() <= before


def names_of_customers(seen):
    witness = Witness()
    seen.append(weakref.ref(witness))
    for order in Order.objects.all():
        seen.append(weakref.ref(order))
        seen.append(weakref.ref(order.customer))


def fields_of_serializers(seen):
    witness = Witness()
    seen.append(weakref.ref(witness))
    orders = Order.objects.all()
    seen.append(weakref.ref(orders))
    serializer = views.NamedOrder(orders, many=True)
    seen.append(weakref.ref(serializer))
    serializer.data


def rows_and_batches(seen):
    witness = Witness()
    seen.append(weakref.ref(witness))
    for item in OrderItem.objects.prefetch_related("product").iterator(chunk_size=2):
        seen.append(weakref.ref(item))
    Product.objects.bulk_create([Product(name=str(n)) for n in range(9)], batch_size=2)
    Order.objects.all().delete()


@pytest.mark.parametrize("run", [names_of_customers, fields_of_serializers, rows_and_batches])
def test_no_frame_and_no_instance_outlives_the_trace(run, shop):
    seen = []
    with capture() as report:
        run(seen)
        run(seen)
    gc.collect()
    assert report.queries > 5
    assert [reference() for reference in seen if reference() is not None] == []


def test_no_frame_outlives_a_block_that_failed(shop):
    def fails():
        names_of_customers(seen)
        raise ZeroDivisionError

    seen = []
    with pytest.raises(ZeroDivisionError), capture():
        fails()
    gc.collect()
    assert seen
    assert [reference() for reference in seen if reference() is not None] == []


def test_no_request_outlives_its_response(shop, monkeypatch):
    seen = []
    original = views.customer_name

    def customer_name(order):
        seen.append(weakref.ref(order))
        return original(order)

    monkeypatch.setattr(views, "customer_name", customer_name)
    with guarded():
        response = wsgi("/orders/")
        request = weakref.ref(response.wsgi_request)
        del response
        gc.collect()
    assert (len(reports), len(seen)) == (1, 5)
    assert [reference() for reference in [request, *seen] if reference() is not None] == []


def test_no_connection_outlives_the_trace(tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), files_database(tmp_path / "shop.sqlite3"):
        disconnect()
        with capture() as report:
            for _ in range(3):
                Order.objects.count()
        reference = weakref.ref(connections[ALIAS])
        disconnect()
        gc.collect()
        assert (report.queries, reference()) == (3, None)


def test_a_trace_that_is_open_keeps_one_queryset_at_most(shop):
    querysets = []
    with capture():
        for _ in count():
            orders = Order.objects.all()
            querysets.append(weakref.ref(orders))
            list(orders)
            del orders
            if len(querysets) == 20:
                break
        gc.collect()
        assert sum(reference() is not None for reference in querysets) <= 1
