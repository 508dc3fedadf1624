"""Rows and time of the fetch, and what the cursor is given, left as it was."""

from __future__ import annotations

from time import sleep

import pytest
from django.db import connections
from django.db.backends.utils import CursorWrapper

from nplusone_guard import capture
from nplusone_guard.capture.cursor import counting_class
from tests.shop.models import Tag

pytestmark = pytest.mark.django_db(databases=["default", "other"])
TEN = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) "
FETCHES = {
    "fetchone": (lambda cursor: [cursor.fetchone() for _ in range(3)], 3),
    "fetchone past the end": (lambda cursor: [cursor.fetchone() for _ in range(12)], 10),
    "fetchmany": (lambda cursor: [cursor.fetchmany(4) for _ in range(4)], 10),
    "fetchmany with a keyword": (lambda cursor: cursor.fetchmany(size=7), 7),
    "fetchall": (lambda cursor: cursor.fetchall(), 10),
    "fetchall of the rest": (lambda cursor: (cursor.fetchone(), cursor.fetchall()), 10),
    "iteration": (list, 10),
    "iteration that stops": (lambda cursor: next(iter(cursor)), 1),
    "nothing": (lambda cursor: None, 0),
}


@pytest.fixture
def other():
    return connections["other"]


@pytest.mark.parametrize(("fetch", "rows"), FETCHES.values(), ids=FETCHES)
def test_rows_are_counted_however_they_are_fetched(fetch, rows, other):
    with other.cursor() as cursor:
        cursor.execute(f"{TEN} SELECT i FROM n")
        plain = fetch(cursor)
    with capture() as report, other.cursor() as cursor:
        cursor.execute(f"{TEN} SELECT i FROM n")
        assert fetch(cursor) == plain
    assert (report.queries, report.rows) == (1, rows)


def test_rows_of_a_queryset_are_counted(other):
    tags = Tag.objects.using("other")
    tags.bulk_create(Tag(name=str(number)) for number in range(7))
    with capture() as report:
        list(tags.all())
        list(tags.iterator(chunk_size=2))
        tags.first()
        tags.filter(name="no").exists()
    assert [group.rows for group in report.groups] == [7, 7, 1, 0]


def test_a_cursor_used_again_counts_for_the_statement_it_ran_last(other):
    with capture() as report, other.cursor() as cursor:
        cursor.execute(f"{TEN} SELECT i FROM n")
        cursor.fetchone()
        cursor.execute("SELECT 1")
        cursor.fetchall()
    assert [group.rows for group in report.groups] == [1, 1]


@pytest.mark.parametrize("fetch", ["fetchall", "__iter__"])
def test_time_covers_the_fetch(fetch, other):
    other.ensure_connection()
    other.connection.create_function("burn", 1, lambda value: sleep(0.005) or value)
    with capture() as report, other.cursor() as cursor:
        cursor.execute(f"{TEN} SELECT burn(i) FROM n")
        executed = report.db_ms
        list(getattr(cursor, fetch)())
    assert report.db_ms > 2 * executed  # SQLite has made one row of ten by then
    assert report.db_ms > report.wall_ms / 2


def test_time_between_two_fetches_is_not_the_databases(other):
    with capture() as report, other.cursor() as cursor:
        cursor.execute(f"{TEN} SELECT i FROM n")
        for _ in cursor:
            sleep(0.005)
    assert report.db_ms < report.wall_ms / 2


def test_a_slow_question_asked_again_is_a_duplicate(other):
    """The thread waits for the answer itself, and not between the questions, as polling does."""
    other.ensure_connection()
    other.connection.create_function("burn", 1, lambda value: sleep(0.01) or value)
    with capture() as report, other.cursor() as cursor:
        for _ in range(3):
            cursor.execute(f"{TEN} SELECT burn(i) FROM n")
            cursor.fetchall()
    assert report.duplicates == 2


def test_parameters_that_can_be_read_once_are_not_consumed(other):
    read = []

    def names():
        for number in range(5):
            read.append(number)
            yield [f"tag {number}"]

    with capture() as report, other.cursor() as cursor:
        cursor.executemany("INSERT INTO shop_tag (name) VALUES (%s)", names())
    assert read == [0, 1, 2, 3, 4]
    assert Tag.objects.using("other").count() == 5
    assert [(group.operation, group.count) for group in report.groups] == [("insert", 1)]


def test_executemany_in_a_loop_is_no_duplicate(other):
    with capture() as report, other.cursor() as cursor:
        for number in range(3):
            cursor.executemany("UPDATE shop_tag SET name = %s", iter([[str(number)]]))
    assert report.duplicates == 0


def test_named_parameters_vary_like_others(other):
    with capture() as report, other.cursor() as cursor:
        for number in range(3):
            cursor.execute("SELECT %(number)s", {"number": number})
    assert [(each.kind, each.count) for each in report.findings] == [("n_plus_one", 3)]


def test_sql_in_bytes_is_read_as_text(other):
    def decoded(execute, sql, params, many, context):  # SQLite takes text alone
        seen.append(sql)
        return execute(sql.decode(), params, many, context)

    seen = []
    with capture() as report, other.execute_wrapper(decoded), other.cursor() as cursor:
        for number in range(3):
            cursor.execute(b"SELECT %s", [number])
    assert seen == [b"SELECT %s"] * 3
    assert [(group.count, group.shape.text) for group in report.groups] == [(3, "SELECT ?")]


def test_a_failing_fetch_fails_as_before(other):
    with capture() as report, other.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.close()
        with pytest.raises(Exception, match="closed cursor"):
            cursor.fetchall()
    assert report.queries == 1


def test_a_traced_cursor_is_still_of_its_class(other):
    with capture(), other.cursor() as cursor:
        before = type(cursor)
        cursor.execute("SELECT 1")
        assert isinstance(cursor, before)
        assert type(cursor).__name__ == before.__name__
        assert cursor.description[0][0] == "1"
    with other.cursor() as after:
        assert type(after) is before


def test_with_debug_on_the_query_log_is_kept(other):
    other.force_debug_cursor = True
    try:
        other.queries_log.clear()
        with capture() as report, other.cursor() as cursor:
            cursor.execute(f"{TEN} SELECT i FROM n")
            cursor.fetchall()
        assert [query["sql"] for query in other.queries_log] == [f"{TEN} SELECT i FROM n"]
    finally:
        other.force_debug_cursor = False
    assert report.rows == 10


def test_a_cursor_that_fetches_in_a_way_of_its_own_is_left_alone():
    class Own(CursorWrapper):
        def fetchall(self):
            return super().fetchall()

    assert counting_class(Own) is None
