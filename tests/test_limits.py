"""What the guard may take of a trace for itself, and what it says when it stops looking."""

from __future__ import annotations

import time

import pytest
from django.db import connection
from django.test import override_settings

from nplusone_guard import capture
from nplusone_guard.report.console import render
from tests.conftest import fill
from tests.shop.models import Order

pytestmark = pytest.mark.django_db


def limited(**limits):
    return override_settings(NPLUSONE_GUARD=limits)


def many_statements(number):
    for n in range(number):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {n} AS column_{n}")
            cursor.fetchall()


def names():
    return [order.customer.name for order in Order.objects.all()]


def test_below_the_limits_nothing_is_truncated():
    fill()
    with capture() as report:
        names()
    assert report.truncated is False
    assert report.to_dict()["truncated"] is False


def test_beyond_the_most_groups_queries_are_counted_and_no_longer_told_apart():
    with limited(MAX_GROUPS=10), capture() as report:
        many_statements(100)
    assert report.truncated
    assert report.queries == report.rows == 100
    assert len(report.groups) <= 11


def test_what_was_found_before_is_still_a_finding():
    fill()
    with limited(MAX_GROUPS=10), capture() as report:
        names()
        many_statements(100)
    assert [finding.relation for finding in report.findings] == ["shop.Order.customer"]
    assert report.findings[0].fix.code == 'select_related("customer")'


def test_a_loop_that_is_known_is_still_counted_in_its_own_group():
    fill()
    with limited(MAX_GROUPS=3), capture() as report:
        for order in Order.objects.all():
            order.customer
        many_statements(5)
    (lazy,) = [group for group in report.groups if group.access and group.access.is_lazy]
    assert (report.truncated, lazy.count, report.queries) == (True, 5, 11)


def test_beyond_its_time_it_only_counts(monkeypatch):
    from nplusone_guard.capture import lane

    def slow(frame, find=lane.find):
        time.sleep(0.002)
        return find(frame)

    monkeypatch.setattr(lane, "find", slow)
    with limited(MAX_OWN_MS=1), capture() as report:
        many_statements(20)
    assert report.truncated
    assert report.queries == 20
    assert len(report.groups) == 2


def test_a_finding_without_advice_for_want_of_time_is_still_one(monkeypatch):
    fill()
    with limited(MAX_OWN_MS=1_000.0), capture() as report:
        names()
        monkeypatch.setattr("nplusone_guard.advise.perf_counter", _hours().__next__)
    assert report.truncated
    (finding,) = report.findings
    assert (finding.relation, finding.fix) == ("shop.Order.customer", None)


def _hours():
    hour = 0
    while True:
        yield hour * 3_600
        hour += 1


def test_the_line_of_the_report_says_so():
    with limited(MAX_GROUPS=1), capture() as report:
        many_statements(5)
    assert "ms  truncated  ok" in render(report)


def test_an_inner_trace_that_is_truncated_truncates_the_outer_one():
    with capture() as outer, limited(MAX_GROUPS=1), capture():
        many_statements(5)
    assert outer.truncated
    assert outer.queries == 5


def test_an_inner_trace_that_is_truncated_leaves_the_outer_one_looking():
    fill()
    with capture() as outer:
        with limited(MAX_GROUPS=1), capture():
            many_statements(5)
        names()
    assert outer.truncated
    assert [finding.relation for finding in outer.findings] == ["shop.Order.customer"]


def test_without_limits_all_is_told_apart():
    with limited(MAX_GROUPS=False, MAX_OWN_MS=False), capture() as report:
        many_statements(50)
    assert not report.truncated
