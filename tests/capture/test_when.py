"""When the queries of a group ran, counted from the start of their trace."""

from __future__ import annotations

from time import sleep

import pytest

from nplusone_guard import capture
from tests.shop.models import Product

pytestmark = pytest.mark.django_db


def test_a_group_lasts_from_its_first_execution_to_the_end_of_its_last(shop):
    with capture() as report:
        sleep(0.02)
        for _ in range(2):
            Product.objects.count()
            sleep(0.02)
        Product.objects.exists()
    counted, existing = report.groups
    assert counted.count == 2
    assert counted.first_ms >= 20
    assert counted.first_ms + 20 <= counted.last_ms
    assert counted.last_ms + 20 <= existing.first_ms <= existing.last_ms <= report.wall_ms


def test_an_outer_trace_counts_from_its_own_start(shop):
    with capture() as outer:
        sleep(0.02)
        with capture() as inner:
            Product.objects.count()
    (seen_outside,) = outer.groups
    (seen_inside,) = inner.groups
    assert seen_inside.first_ms + 20 <= seen_outside.first_ms
    assert seen_outside.last_ms <= outer.wall_ms


def test_one_group_of_two_inner_traces_spans_both(shop):
    with capture() as outer:
        for _ in range(2):
            with capture():
                Product.objects.count()
            sleep(0.02)
    (spanning,) = outer.groups
    assert spanning.count == 2
    assert spanning.last_ms - spanning.first_ms >= 20


def test_a_query_that_fails_has_its_time_too(shop):
    with capture() as report, pytest.raises(Exception, match="no_such_table"):
        list(Product.objects.raw("SELECT id FROM no_such_table"))
    (group,) = report.groups
    assert 0 <= group.first_ms <= group.last_ms <= report.wall_ms
