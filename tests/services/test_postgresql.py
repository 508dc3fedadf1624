"""What only PostgreSQL and psycopg do."""

from __future__ import annotations

import pytest
from django.db import connection

from nplusone_guard import capture
from tests.shop.models import Order, Tag

if connection.vendor != "postgresql":
    pytest.skip("needs PostgreSQL (make services)", allow_module_level=True)


def open_cursors():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors")
        return cursor.fetchone()[0]


def found(report):
    return [(finding.kind, finding.relation, finding.count) for finding in report.findings]


@pytest.mark.parametrize("data", ["shop", "committed_shop"])
def test_a_server_side_cursor_is_counted_and_its_loop_named(data, request):
    request.getfixturevalue(data)  # within a transaction, and in autocommit: WITH HOLD
    with capture() as report:
        orders = Order.objects.iterator(chunk_size=2)
        next(orders).customer.name
        assert open_cursors() == 1
        for order in orders:
            order.customer.name
    assert [group.rows for group in report.groups if group.path[0].function.startswith("test")] == [
        5,
        1,
        4,
    ]
    assert found(report) == [("n_plus_one", "shop.Order.customer", 4)]


def test_composed_sql_in_a_loop_is_one_finding_without_its_values(shop):
    from psycopg import sql

    question = sql.SQL("SELECT {} FROM {} WHERE name = {}")
    with capture() as report, connection.cursor() as cursor:
        for name in ("new", "rare", "unheard of"):
            cursor.execute(
                question.format(sql.Identifier("id"), sql.Identifier("shop_tag"), sql.Literal(name))
            )
            cursor.fetchall()
    assert found(report) == [("n_plus_one", None, 3)]
    assert report.rows == 2
    assert "rare" not in str(report.to_dict()["findings"])


def test_composed_sql_that_asks_the_same_again_is_a_duplicate(shop):
    from psycopg import sql

    with capture() as report, connection.cursor() as cursor:
        for _ in range(3):
            cursor.execute(sql.SQL("SELECT name FROM {}").format(sql.Identifier("shop_tag")))
    assert found(report) == [("duplicate", None, 3)]


def test_sql_in_bytes_is_counted(shop):
    with capture() as report, connection.cursor() as cursor:
        cursor.execute(b"SELECT name FROM shop_tag")
        assert len(cursor.fetchall()) == 2
    assert (report.queries, report.rows) == (1, 2)


def test_callproc_and_copy_work_though_the_wrapper_does_not_see_them(shop):
    with capture() as report, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
        cursor.callproc("upper", ["quiet"])
        assert cursor.fetchone() == ("QUIET",)
        with cursor.copy("COPY (SELECT name FROM shop_tag ORDER BY id) TO STDOUT") as copy:
            assert list(copy.rows()) == [("new",), ("rare",)]
        with cursor.copy("COPY shop_tag (name) FROM STDIN") as copy:
            copy.write_row(["copied"])
    assert report.queries == 1
    assert Tag.objects.filter(name="copied").exists()


def test_rows_of_an_insert_that_returns_keys_are_counted(db):
    with capture() as report:
        Tag.objects.bulk_create([Tag(name=name) for name in "abcd"], batch_size=2)
    assert [(group.count, group.rows) for group in report.groups if group.rows] == [(2, 4)]


@pytest.mark.skipif(
    not connection.settings_dict["OPTIONS"].get("pool"), reason="needs ?pool=true (make services)"
)
def test_connections_come_from_the_pool_and_stay_observed(committed_shop):
    connection.close()
    pool = connection.pool
    served = pool.get_stats().get("requests_num", 0)
    with capture() as report:
        for order in Order.objects.all():
            connection.close()
            order.customer.name
    assert pool.get_stats()["requests_num"] - served == 6
    assert found(report) == [("n_plus_one", "shop.Order.customer", 5)]
