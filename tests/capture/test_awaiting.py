"""The coroutine behind a worker thread, also while it has not yet come to wait."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from asgiref.sync import async_to_sync, sync_to_async
from django.db import connections

from nplusone_guard import capture


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
