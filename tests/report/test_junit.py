"""What a test's requests showed, as properties of its test case."""

from __future__ import annotations

from nplusone_guard.report.junit import properties
from tests.report import samples
from tests.traces import finding, group, report


def test_a_test_without_requests_has_none():
    assert properties([]) == []


def test_counts_are_sums_over_the_requests_of_the_test(checkout):
    named = properties([samples.n_plus_one(), samples.duplicate(), samples.clean()])
    assert named == [
        ("query_guard.requests", "3"),
        ("query_guard.queries", "151"),
        ("query_guard.queries_max", "75"),
        ("query_guard.duplicates", "74"),
        ("query_guard.rows", "225"),
        ("query_guard.findings", "2"),
        ("query_guard.finding", "N+1 75x shop.Order.customer at orders/views.py:8"),
        ("query_guard.finding", "duplicate 75x shop_rate at orders/export.py:3"),
    ]


def test_a_finding_of_two_requests_is_named_once(checkout):
    named = properties([samples.n_plus_one(), samples.n_plus_one()])
    assert [value for name, value in named if name == "query_guard.finding"] == [
        "N+1 75x shop.Order.customer at orders/views.py:8"
    ]
    assert ("query_guard.findings", "2") in named


def test_text_that_xml_can_not_hold_is_made_visible():
    of = group('SELECT 1 FROM "a\x1b\ud800"', 2, site=None)
    named = properties([report(finding(of))])
    assert named[-1] == ("query_guard.finding", r"N+1 2x a\x1b\ud800")
