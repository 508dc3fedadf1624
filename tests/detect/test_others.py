"""Write loops, slow statements, unbounded results."""

from __future__ import annotations

import pytest

from nplusone_guard.detect import Options
from nplusone_guard.detect.slow import slow
from nplusone_guard.detect.unbounded import unbounded
from nplusone_guard.detect.write_loop import write_loop
from nplusone_guard.trace import Access
from tests.traces import group, trace

INSERT = "INSERT INTO shop_tag (name) VALUES (%s)"
UPDATE = "UPDATE shop_tag SET name = %s WHERE id = %s"
DELETE = "DELETE FROM shop_tag WHERE id = %s"
SELECT = "SELECT id FROM shop_tag"


def found(detector, *groups, method=None, **options):
    return list(detector(trace(*groups, method=method), Options(**options)))


# --- write_loop ---


@pytest.mark.parametrize("sql", [INSERT, UPDATE, DELETE])
def test_a_statement_that_writes_in_a_loop(sql):
    (finding,) = found(write_loop, group(sql, count=4, varied=True))
    assert finding.kind == "write_loop"
    assert finding.count == 4


@pytest.mark.parametrize("sql", [SELECT, "SAVEPOINT s1"])
def test_a_statement_that_writes_nothing_is_no_write_loop(sql):
    assert not found(write_loop, group(sql, count=4))


def test_the_batches_of_one_call_are_no_write_loop():
    assert not found(write_loop, group(INSERT, count=4, calls=1))


def test_writes_of_sessions_are_no_write_loop():
    assert not found(write_loop, group(UPDATE, count=4, excuse="sessions and authentication"))


@pytest.mark.parametrize(("threshold", "expected"), [(4, 1), (5, 0)])
def test_a_write_loop_keeps_the_threshold(threshold, expected):
    assert len(found(write_loop, group(INSERT, count=4), threshold=threshold)) == expected


def test_a_batch_that_a_method_of_a_queryset_writes_is_no_write_loop():
    access = Access("update", model="shop.Tag", method="update")
    assert not found(write_loop, group(UPDATE, count=4, batch=100, access=access))
    assert found(write_loop, group(UPDATE, count=4, batch=1, access=access))


def test_several_objects_that_each_instance_is_given_are_a_write_loop():
    access = Access("insert", relation="shop.Product.tags", method="add")
    assert found(write_loop, group(INSERT, count=4, batch=3, access=access))


# --- slow ---


def test_a_statement_whose_slowest_execution_took_too_long():
    (finding,) = found(slow, group(count=1, db_ms=900.0, peak_ms=900.0), slow_ms=500.0)
    assert finding.kind == "slow"


def test_many_fast_executions_are_not_slow():
    assert not found(slow, group(count=1_000, db_ms=900.0, peak_ms=0.9), slow_ms=500.0)


@pytest.mark.parametrize(("peak", "expected"), [(499.9, 0), (500.0, 1)])
def test_slow_begins_at_the_limit(peak, expected):
    assert len(found(slow, group(peak_ms=peak), slow_ms=500.0)) == expected


def test_without_a_limit_nothing_is_slow():
    assert not found(slow, group(peak_ms=9_000.0), slow_ms=None)


def test_a_slow_commit_is_no_statement_to_mend():
    assert not found(slow, group("RELEASE SAVEPOINT s1", peak_ms=9_000.0), slow_ms=500.0)


# --- unbounded ---


def test_a_request_that_reads_more_rows_than_the_limit():
    tags = group(SELECT, rows=1_001, peak_rows=1_001)
    (finding,) = found(unbounded, tags, method="GET", unbounded_rows=1_000)
    assert finding.kind == "unbounded"


@pytest.mark.parametrize(("rows", "expected"), [(1_000, 0), (1_001, 1)])
def test_unbounded_begins_above_the_limit(rows, expected):
    tags = group(SELECT, peak_rows=rows)
    assert len(found(unbounded, tags, method="GET", unbounded_rows=1_000)) == expected


def test_many_small_results_are_not_unbounded():
    tags = group(SELECT, count=1_000, rows=50_000, peak_rows=50)
    assert not found(unbounded, tags, method="GET", unbounded_rows=1_000)


def test_outside_of_a_request_any_number_may_be_read():
    assert not found(unbounded, group(SELECT, peak_rows=9_999), method=None, unbounded_rows=1_000)


def test_without_a_limit_on_rows_nothing_is_unbounded():
    assert not found(unbounded, group(SELECT, peak_rows=9_999), method="GET", unbounded_rows=None)


@pytest.mark.parametrize(
    "tags",
    [
        group(f"{SELECT} LIMIT 5000", peak_rows=5_000),
        group(SELECT, peak_rows=5_000, access=Access("prefetch")),
        group(SELECT, peak_rows=5_000, access=Access("delete")),
        group(SELECT, peak_rows=5_000, access=Access("all", method="iterator")),
        group(SELECT, peak_rows=5_000, access=Access("all", method="aiterator")),
        group(SELECT, peak_rows=5_000, access=Access("lazy forward", peers=True)),
        group(f"{INSERT} RETURNING id", peak_rows=5_000),
    ],
    ids=["limit", "prefetch", "delete", "iterator", "aiterator", "peers", "insert"],
)
def test_what_is_bounded_or_held_in_chunks_is_not_unbounded(tags):
    assert not found(unbounded, tags, method="GET", unbounded_rows=1_000)


def test_what_one_row_loads_of_a_to_many_relation_is_its_own_whatever_its_fetch_mode():
    items = group(SELECT, peak_rows=5_000, access=Access("lazy reverse", many=True, peers=True))
    assert found(unbounded, items, method="GET", unbounded_rows=1_000)
