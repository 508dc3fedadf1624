"""When a statement that repeats on one path is an N+1."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nplusone_guard.detect import Options
from nplusone_guard.detect.n_plus_one import n_plus_one
from nplusone_guard.trace import LAZY_OPERATIONS, Access
from tests.traces import CUSTOMER, again, group, lazy, trace

PAGES = "SELECT id FROM shop_order ORDER BY id LIMIT 10 OFFSET 20"
KEY_SET = "SELECT id FROM shop_order WHERE id > %s ORDER BY id ASC LIMIT 10"


def found(*groups, **options):
    return list(n_plus_one(trace(*groups), Options(**options)))


def test_a_relation_that_is_loaded_again_and_again():
    (finding,) = found(lazy(5))
    assert finding.kind == "n_plus_one"
    assert finding.count == 5
    assert finding.relation == "shop.Order.customer"
    assert finding.severity == "error"


@pytest.mark.parametrize("operation", sorted(LAZY_OPERATIONS))
def test_each_way_to_load_lazily_counts_whatever_the_parameters(operation):
    access = replace(CUSTOMER, operation=operation)
    assert found(replace(lazy(2, access=access), varied=False))
    assert found(replace(lazy(2, access=access), varied=False, redundant=1))


@pytest.mark.parametrize("operation", ["get", "all", "raw", "count", "prefetch"])
def test_any_other_read_counts_with_varying_parameters_only(operation):
    access = Access(operation, model="shop.Customer")
    assert found(group(count=3, varied=True, access=access))
    assert not found(again(3, access=access))


def test_a_read_of_unknown_origin_counts_with_varying_parameters_only():
    assert found(group(count=2, varied=True))
    assert not found(again(2))


def test_once_is_no_loop():
    assert not found(lazy(1), group(count=1))


@pytest.mark.parametrize(("threshold", "expected"), [(2, 1), (5, 1), (6, 0), (500, 0)])
def test_the_threshold_is_the_least_number_of_calls(threshold, expected):
    assert len(found(lazy(5), threshold=threshold)) == expected


def test_calls_count_not_executions():
    assert not found(group(count=10, calls=1, varied=True))
    assert found(group(count=10, calls=2, varied=True))


def test_the_finding_stands_for_all_executions():
    (finding,) = found(group(count=10, calls=2, varied=True))
    assert finding.count == 10


def test_each_path_is_a_finding_of_its_own():
    assert len(found(lazy(5), lazy(5), lazy(2))) == 3


def test_paths_do_not_add_up():
    assert not found(lazy(1), lazy(1), lazy(1))


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO shop_tag (name) VALUES (%s)",
        "UPDATE shop_tag SET name = %s WHERE id = %s",
        "DELETE FROM shop_tag WHERE id = %s",
        "SAVEPOINT s1",
        "PRAGMA foreign_keys",
    ],
)
def test_what_reads_nothing_is_no_n_plus_one(sql):
    assert not found(group(sql, count=9, varied=True))


def test_what_is_excused_is_none():
    assert not found(lazy(9, excuse="sessions and authentication"))


@pytest.mark.parametrize("operation", ["content type", "delete", "refresh"])
def test_what_django_asks_for_itself_is_none(operation):
    assert not found(group(count=9, varied=True, access=Access(operation)))


# --- Reading in chunks ---


@pytest.mark.parametrize("sql", [PAGES, KEY_SET, KEY_SET.replace(">", "<").replace("ASC", "DESC")])
@pytest.mark.parametrize("rows", [31, 39, 40])
def test_a_loop_over_full_pages_is_none(sql, rows):
    assert not found(group(sql, count=4, varied=True, rows=rows))


@pytest.mark.parametrize("sql", [PAGES, KEY_SET])
def test_an_empty_page_at_the_end_is_part_of_it(sql):
    assert not found(group(sql, count=4, varied=True, rows=30))


@pytest.mark.parametrize("sql", [PAGES, KEY_SET])
def test_pages_that_are_not_full_are_no_reading_in_chunks(sql):
    assert found(group(sql, count=4, varied=True, rows=20))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM shop_order WHERE customer_id = %s LIMIT 10",
        "SELECT id FROM shop_order WHERE customer_id = %s ORDER BY id LIMIT 10",
        "SELECT id FROM shop_order WHERE placed > %s ORDER BY id LIMIT 10",
        "SELECT id FROM shop_order WHERE id > %s ORDER BY id",
    ],
    ids=["unordered", "another condition", "ordered by another column", "no limit"],
)
def test_without_a_sign_that_pages_move_on_full_ones_are_an_n_plus_one(sql):
    assert found(group(sql, count=4, varied=True, rows=40))


def test_one_row_at_a_time_is_no_reading_in_chunks():
    assert found(group(KEY_SET.replace("10", "1"), count=4, varied=True, rows=4))


def test_a_relation_that_is_loaded_in_pages_is_an_n_plus_one():
    assert found(lazy(4, sql=PAGES, rows=40))


def test_batches_of_keys_are_no_n_plus_one():
    assert not found(group(count=3, varied=True, batch=100, access=Access("iterate")))


def test_lists_of_one_key_or_of_any_length_are_an_n_plus_one():
    assert found(group(count=3, varied=True, batch=1, access=Access("iterate")))
    assert found(group(count=3, varied=True, batch=0, access=Access("iterate")))


def test_lists_of_keys_that_hang_on_an_instance_are_an_n_plus_one():
    access = Access("filter", relation="shop.Order.items")
    assert found(group(count=3, varied=True, batch=3, access=access))
