"""The place of a query that a loop runs is what it goes through, not the whole loop."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync

from nplusone_guard import capture
from tests.shop.models import Order


def text_of(site):
    lines = Path(site.file).read_text("utf-8").splitlines()
    assert site.line == site.end_line
    return lines[site.line - 1][site.column : site.end_column]


def loop():
    for order in Order.objects.all():
        order.pk


def loop_over_a_generator():
    for order in Order.objects.all().iterator():
        order.pk


def comprehension():
    [order.pk for order in Order.objects.all()]


def generator():
    list(order.pk for order in Order.objects.all())  # noqa: C400  the subject


def nested_loop():
    for _ in range(1):
        for order in Order.objects.all():
            order.pk


async def _async_loop():
    async for order in Order.objects.all():
        order.pk


async def _async_comprehension():
    [order.pk async for order in Order.objects.all()]


@pytest.mark.parametrize(
    "run",
    [
        loop,
        loop_over_a_generator,
        comprehension,
        generator,
        nested_loop,
        async_to_sync(_async_loop),
        pytest.param(
            async_to_sync(_async_comprehension),
            marks=pytest.mark.skipif(
                sys.version_info < (3, 12), reason="has a frame of its own before Python 3.12"
            ),
        ),
    ],
)
def test_a_loops_place_is_what_it_goes_through(run, shop):
    with capture() as report:
        run()
    (group,) = report.groups
    iterator = ".iterator()" if run is loop_over_a_generator else ""
    assert text_of(group.site) == f"Order.objects.all(){iterator}"


def test_the_place_is_not_that_of_a_name_loaded_beside_it(shop):
    keys, orders = [], Order.objects.all()
    with capture() as report:
        keys += [order.pk for order in orders]
    assert text_of(report.groups[0].site) == "orders"
