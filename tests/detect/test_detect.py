"""All detectors together, and the names of what they find."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from nplusone_guard.detect import Options, detect
from nplusone_guard.finding import finding_id
from tests.traces import SITE, again, field, group, lazy, trace

OTHER = "SELECT id FROM shop_product WHERE id = %s"


def ids(*groups, route="orders/"):
    return [finding.id for finding in detect(trace(*groups, route=route), Options())]


def test_of_an_empty_trace_nothing_is_found():
    assert detect(trace(), Options()) == ()


def test_a_clean_trace_has_no_finding():
    assert detect(trace(group(), group(OTHER), group("SAVEPOINT s1", 3)), Options()) == ()


def test_errors_come_first_then_what_stands_for_more_queries():
    findings = detect(trace(again(9), lazy(2), again(10, sql=OTHER), lazy(8)), Options())
    assert [(finding.kind, finding.count) for finding in findings] == [
        ("n_plus_one", 8),
        ("n_plus_one", 2),
        ("duplicate", 10),
        ("duplicate", 9),
    ]


def test_one_group_is_an_n_plus_one_or_a_duplicate_never_both():
    findings = detect(trace(lazy(5, redundant=4)), Options())
    assert [finding.kind for finding in findings] == ["n_plus_one"]


# --- Ids ---


def test_an_id_is_sixteen_hex_digits():
    (name,) = ids(lazy())
    assert re.fullmatch("[0-9a-f]{16}", name)


def test_an_id_is_the_same_on_each_machine():
    assert finding_id("n_plus_one", "orders/", lazy()) == "bd967831f25d021c"


@pytest.mark.parametrize(
    "changes",
    [
        {"site": replace(SITE, line=99, column=4, end_line=99, end_column=20)},
        {"site": replace(SITE, file="/elsewhere/orders/views.py")},
        {"path": (SITE, replace(SITE, function="main"))},
        {"count": 50, "calls": 50, "rows": 50, "db_ms": 99.0},
        {"database": "replica"},
        {"sql": "select  name FROM shop_customer WHERE id = 42 -- why"},
    ],
    ids=["line", "file", "callers", "counts", "database", "values and layout"],
)
def test_an_id_survives_edits_and_other_runs(changes):
    assert ids(lazy(**changes)) == ids(lazy())


@pytest.mark.parametrize(
    "changes",
    [
        {"site": replace(SITE, function="OrderList.post")},
        {"site": None},
        {"field": field("OrderSerializer.customer_name")},
        {"sql": OTHER},
    ],
    ids=["function", "no place", "field", "statement"],
)
def test_another_problem_has_another_id(changes):
    assert ids(lazy(**changes)) != ids(lazy())


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("OrderList.get.<locals>.<listcomp>", "OrderList.get"),
        ("OrderList.get.<locals>.<dictcomp>.<setcomp>", "OrderList.get"),
        ("<listcomp>", "<module>"),
    ],
)
def test_an_id_is_the_same_before_and_after_python_made_comprehensions_inline(older, newer):
    assert ids(lazy(site=replace(SITE, function=older))) == ids(
        lazy(site=replace(SITE, function=newer))
    )


def test_a_generator_is_a_function_of_its_own():
    site = replace(SITE, function="OrderList.get.<locals>.<genexpr>")
    assert ids(lazy(site=site)) != ids(lazy())


def test_each_route_has_its_own():
    assert len({*ids(lazy()), *ids(lazy(), route="orders/<pk>/"), *ids(lazy(), route=None)}) == 3


def test_each_kind_has_its_own():
    assert ids(lazy()) != ids(again())
