"""The coroutine behind a worker thread, also while it has not yet come to wait."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from asgiref.sync import async_to_sync, sync_to_async
from django.db import connections

from nplusone_guard import capture
from tests.shop.models import Customer, Order


class Hasty(ThreadPoolExecutor):
    """Its thread has asked the first question before ``submit`` returns."""

    def __init__(self):
        super().__init__(max_workers=1)
        self.asked = Event()

    def submit(self, *args, **kwargs):
        future = super().submit(*args, **kwargs)
        assert self.asked.wait(10)
        return future


def test_a_thread_faster_than_the_coroutine_that_waits_for_it_has_one_path_all_the_same(db):
    executor, waiting, shared = Hasty(), Event(), connections["default"]

    def ask():
        with shared.cursor() as cursor:
            for number in range(5):
                cursor.execute("SELECT %s", [number])
                executor.asked.set()
                assert waiting.wait(10)

    async def run():
        asyncio.get_running_loop().call_soon(waiting.set)  # comes when this coroutine has to wait
        async with capture() as report:
            await sync_to_async(ask, thread_sensitive=False, executor=executor)()
        return report

    shared.inc_thread_sharing()
    try:
        with executor:
            report = async_to_sync(run)()
    finally:
        shared.dec_thread_sharing()
    assert [
        (group.count, [site.function.rpartition(".")[2] for site in group.path])
        for group in report.groups
    ] == [(5, ["ask", "run"])]


def told(run):
    async def traced():
        async with capture() as report:
            await run()
        return report

    report = async_to_sync(traced)()
    return [(finding.kind, finding.count) for finding in report.findings]


async def load(key):
    return await Order.objects.aget(pk=key)


def test_two_gathers_are_two_places(shop):
    first, second = Order.objects.values_list("pk", flat=True)[:2]

    async def run():
        await asyncio.gather(load(first))
        await asyncio.gather(load(second))

    assert told(run) == []


def test_two_tasks_of_one_gather_are_a_loop(shop):
    keys = list(Order.objects.values_list("pk", flat=True)[:2])

    async def run():
        await asyncio.gather(*map(load, keys))

    assert told(run) == [("n_plus_one", 2)]


def test_a_coroutine_awaited_on_two_lines_has_two_paths(shop):
    first, second = Order.objects.values_list("pk", flat=True)[:2]

    async def run():
        await load(first)
        await load(second)

    assert told(run) == []


def test_an_async_generator_is_part_of_the_path(shop):
    async def customers():
        async for order in Order.objects.order_by("pk"):
            yield await Customer.objects.aget(pk=order.customer_id)

    async def run():
        async for _ in customers():
            pass

    assert told(run) == [("n_plus_one", 5)]


def test_a_capture_within_a_worker_thread_leaves_the_path_of_what_follows(shop):
    first, second = Order.objects.values_list("pk", flat=True)[:2]

    def traced():
        with capture():
            Order.objects.count()

    async def run():
        await sync_to_async(traced)()
        await asyncio.gather(load(first))
        await asyncio.gather(load(second))

    assert told(run) == []
