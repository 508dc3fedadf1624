"""What drivers do each in their own way, and the guard sees and leaves alone on all of them."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from nplusone_guard import capture
from tests.shop.models import Order, OrderItem, Tag


def fetch_one_by_one(cursor):
    rows = []
    while (row := cursor.fetchone()) is not None:
        rows.append(row)
    return rows


def fetch_many(cursor):
    found = []
    while rows := cursor.fetchmany(2):
        found.extend(rows)
    return found


def fetch_all(cursor):
    return list(cursor.fetchall())


def iterate(cursor):
    return list(cursor)


@pytest.mark.parametrize("fetch", [fetch_one_by_one, fetch_many, fetch_all, iterate])
def test_rows_are_counted_however_they_are_fetched(fetch, shop):
    with capture() as report, connection.cursor() as cursor:
        cursor.execute("SELECT id, quantity FROM shop_orderitem")
        rows = fetch(cursor)
    assert len(rows) == 15
    assert (report.queries, report.rows) == (1, 15)
    assert report.db_ms > 0


def test_rows_that_nobody_fetches_are_not_counted(shop):
    with capture() as report, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM shop_orderitem")
        cursor.fetchone()
    assert report.rows == 1


def test_rows_are_counted_for_the_statement_they_came_from(shop):
    with capture() as report, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM shop_order")
        cursor.fetchall()
        cursor.execute("SELECT id FROM shop_orderitem")
        cursor.fetchall()
    assert [group.rows for group in report.groups] == [5, 15]


def test_executemany_is_one_query_and_takes_an_iterator_that_yields_once(db):
    names = ((f"tag {number}",) for number in range(4))
    with capture() as report, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO shop_tag (name) VALUES (%s)", names)
    assert report.queries == 1
    assert Tag.objects.count() == 4


def test_the_cursor_tells_what_the_driver_told(shop):
    def told():
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, quantity FROM shop_orderitem WHERE quantity = %s", [1])
            columns = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
            cursor.execute("UPDATE shop_orderitem SET quantity = quantity")
            return columns, type(rows), cursor.rowcount

    bare = told()
    with capture():
        assert told() == bare
    assert bare[2] == 15


def test_a_statement_that_fails_raises_as_ever_and_is_counted(shop):
    known = Order.objects.first()
    with capture() as report:
        with pytest.raises(IntegrityError), transaction.atomic():
            Order.objects.create(pk=known.pk, customer_id=known.customer_id)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")
        assert Order.objects.count() == 5
    assert [group.operation for group in report.groups if not group.is_transaction] == [
        "insert",
        "select",
        "select",
    ]


def test_a_broken_transaction_stays_broken_until_it_ends(shop):
    with capture() as report:
        with transaction.atomic():
            with pytest.raises(IntegrityError):
                OrderItem.objects.create(order_id=None, product_id=None)
            with pytest.raises(transaction.TransactionManagementError):
                Order.objects.count()
        assert Order.objects.count() == 5
    assert report.ok


def test_reading_again_after_an_upsert_is_no_duplicate(shop):
    known = Tag.objects.first()
    target = {} if connection.vendor == "mysql" else {"unique_fields": ["id"]}
    with capture() as report:
        for number in range(3):
            Tag.objects.get(pk=known.pk)
            Tag.objects.bulk_create(
                [Tag(pk=known.pk, name=f"name {number}")],
                update_conflicts=True,
                update_fields=["name"],
                **target,
            )
    assert report.duplicates == 0
    assert Tag.objects.get(pk=known.pk).name == "name 2"
