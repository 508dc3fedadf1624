from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest
from django.core.asgi import get_asgi_application
from django.db import connections
from django.test import AsyncClient, Client

from nplusone_guard import capture
from tests.exchange import Exchange
from tests.files_database import files_database, run
from tests.serving import guarded
from tests.shop import views
from tests.shop.models import Order, Product

REQUESTS = 50


@pytest.fixture
def files(tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), files_database(tmp_path / "shop.sqlite3"):
        yield


def in_threads(work, values):
    """``work`` for each value, all at once, in as many threads."""

    def apart(value):
        try:
            return work(value)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(values)) as executor:
        return list(executor.map(apart, values))


def all_have_met(monkeypatch, barrier):
    """Let each request of the view wait, after its first query, for all the others."""
    monkeypatch.setattr(views, "after_the_first", barrier.wait)


def test_fifty_threads_never_mix_their_traces(files, monkeypatch):
    all_have_met(monkeypatch, threading.Barrier(REQUESTS))
    counts = range(1, REQUESTS + 1)
    with guarded(HEADERS=True):
        responses = in_threads(lambda count: Client().get(f"/products/{count}/"), counts)
    assert [response.headers["X-Guard-Queries"] for response in responses] == [
        str(count) for count in counts
    ]


def test_fifty_tasks_of_one_loop_never_mix_their_traces(files, monkeypatch):
    counts = range(1, REQUESTS + 1)

    async def requests():
        all_have_met(monkeypatch, asyncio.Barrier(REQUESTS))
        client = AsyncClient()
        return await asyncio.gather(*(client.get(f"/async/products/{count}/") for count in counts))

    with guarded(HEADERS=True):
        responses = run(requests())
    assert [response.headers["X-Guard-Queries"] for response in responses] == [
        str(count) for count in counts
    ]


@pytest.mark.parametrize(
    ("prefix", "barrier"), [("", threading.Barrier), ("async/", asyncio.Barrier)]
)
def test_fifty_requests_of_one_handler_never_mix_their_traces(prefix, barrier, files, monkeypatch):
    counts = range(1, REQUESTS + 1)

    async def requests():
        all_have_met(monkeypatch, barrier(REQUESTS))
        application = get_asgi_application()
        paths = (f"/{prefix}products/{count}/" for count in counts)
        return await asyncio.gather(*(Exchange(path).run(application) for path in paths))

    with guarded(HEADERS=True):
        exchanges = run(requests())
    assert [each.headers["X-Guard-Queries"] for each in exchanges] == [
        str(count) for count in counts
    ]


def test_threads_in_a_copy_of_the_context_are_counted(files):
    def names(count):
        for _ in range(count):
            Product.objects.get(name="book 0")

    def copied(context_and_count):
        context, count = context_and_count
        context.run(names, count)

    with capture() as report:
        Order.objects.count()
        in_threads(copied, [(copy_context(), count) for count in range(1, 9)])
    assert report.queries == 1 + sum(range(1, 9))
    assert report.rows == report.queries


def test_threads_of_their_own_are_not_counted(files):
    with capture() as report:
        in_threads(lambda _: Order.objects.count(), range(3))
        Order.objects.count()
    assert report.queries == 1


def test_threads_that_share_a_path_are_one_group(files):
    def load(context):
        context.run(lambda: [order.customer.name for order in Order.objects.all()])

    with capture() as report:
        in_threads(load, [copy_context() for _ in range(4)])
    assert {(each.kind, each.count, each.relation) for each in report.findings} == {
        ("n_plus_one", 20, "shop.Order.customer"),
        ("duplicate", 4, None),
    }


def test_two_captures_in_two_threads_are_two_traces(files):
    meet = threading.Barrier(2)

    def trace(count):
        with capture() as report:
            meet.wait()
            for _ in range(count):
                Order.objects.count()
            meet.wait()
        return report.queries

    assert in_threads(trace, [3, 5]) == [3, 5]


def test_tasks_of_one_capture_are_counted_together(files):
    async def main():
        async with capture() as report:
            await asyncio.gather(*(Product.objects.acount() for _ in range(5)))
        return report.queries

    assert run(main()) == 5


def test_captures_in_sibling_tasks_are_apart_and_whole_in_the_outer_one(files):
    async def trace(count, meet):
        async with capture() as report:
            await meet.wait()
            for _ in range(count):
                await Product.objects.acount()
            await meet.wait()
        return report.queries

    async def main():
        meet = asyncio.Barrier(3)
        async with capture() as outer:
            counts = await asyncio.gather(*(trace(count, meet) for count in (1, 2, 3)))
        return counts, outer.queries

    assert run(main()) == ([1, 2, 3], 6)
