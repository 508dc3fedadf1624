from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application
from django.test import AsyncClient
from django.test.utils import override_settings

from nplusone_guard import capture
from tests.exchange import Exchange
from tests.serving import MIDDLEWARE, asgi, guarded, reports
from tests.shop import views
from tests.shop.models import Order

SYNC_ONLY = "tests.serving.SyncOnly"
ASYNC_ONLY = "tests.serving.async_only"
LOOP = [("n_plus_one", 5, "shop.Order.customer")]


def told(report):
    return [(finding.kind, finding.count, finding.relation) for finding in report.findings]


def exchange(path, **keys):
    """A request to Django's handler, with this thread's connections."""

    async def run():
        return await Exchange(path, **keys).run(get_asgi_application())

    return async_to_sync(run)()


@pytest.mark.parametrize("prefix", ["", "async/"])
def test_a_request_to_the_handler_is_traced(prefix, shop):
    with guarded(HEADERS=True):
        response = exchange(f"/{prefix}orders/")
    assert (response.status, response.headers["X-Guard-Queries"]) == (200, "6")
    assert [told(report) for report in reports] == [LOOP]


def test_a_stream_of_the_handler_is_traced_to_its_end(shop):
    with guarded():
        response = exchange("/async/stream/")
    assert response.body.count(b";") == 5
    assert [(report.queries, told(report)) for report in reports] == [(7, LOOP)]


@pytest.mark.parametrize("prefix", ["", "async/"])
@pytest.mark.parametrize(
    "chain",
    [
        [SYNC_ONLY, MIDDLEWARE],
        [MIDDLEWARE, SYNC_ONLY],
        [ASYNC_ONLY, MIDDLEWARE, SYNC_ONLY],
        [SYNC_ONLY, MIDDLEWARE, ASYNC_ONLY],
        [SYNC_ONLY, ASYNC_ONLY, SYNC_ONLY, MIDDLEWARE, SYNC_ONLY, ASYNC_ONLY, SYNC_ONLY],
    ],
)
def test_middleware_of_either_kind_may_stand_around_it(chain, prefix, shop):
    with guarded(middleware=chain):
        response = asgi(f"/{prefix}orders/")
    assert response.status_code == 200
    assert [(report.queries, told(report)) for report in reports] == [(6, LOOP)]


def test_what_another_middleware_asks_is_counted_within_the_guard_alone(shop):
    asking = "tests.serving.asking"
    counts = {}
    for chain in ([MIDDLEWARE, asking], [asking, MIDDLEWARE]):
        with guarded(middleware=chain):
            asgi("/orders/tuned/")
        counts[chain[0]] = [report.queries for report in reports]
    assert counts == {MIDDLEWARE: [2], asking: [1]}


def test_a_client_that_leaves_while_the_view_works_ends_the_trace(shop, monkeypatch):
    async def run():
        client = Exchange("/async/products/3/")

        async def leave():
            client.leaves.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(views, "after_the_first", leave)
        async with capture() as outside:
            await client.run(get_asgi_application())
            await Order.objects.acount()
        return client, outside

    with guarded():
        client, outside = async_to_sync(run)()
        assert asgi("/orders/tuned/").status_code == 200
    assert client.sent == []
    assert outside.queries == 2
    assert [report.label for report in reports] == ["GET /orders/tuned/"]


def test_a_client_that_leaves_within_a_stream_ends_the_trace(shop):
    with guarded():
        response = exchange("/async/stream/", leaves_at=3)
    assert len(response.sent) == 3
    assert [(report.label, report.queries) for report in reports] == [("GET /async/stream/", 4)]


def test_a_view_that_raises_is_a_server_error_with_a_report(shop):
    with guarded(ACTION="raise"):
        response = exchange("/async/fails/")
    assert (response.status, [report.trace.status for report in reports]) == (500, [500])


def test_raise_is_a_server_error_for_the_client(shop):
    with guarded(ACTION="raise"), override_settings(DEBUG=True):
        response = exchange("/async/orders/")
    assert response.status == 500
    assert b"NPlusOneDetected" in response.body
    assert b"shop.Order.customer" in response.body


def test_a_task_that_outlives_its_request_is_not_counted_and_not_disturbed(shop, monkeypatch):
    async def run():
        goes_on, tasks = asyncio.Event(), []

        async def later():
            await goes_on.wait()
            return await Order.objects.acount()

        async def leave_a_task():
            tasks.append(asyncio.create_task(later()))

        monkeypatch.setattr(views, "after_the_first", leave_a_task)
        await AsyncClient().get("/async/products/2/")
        goes_on.set()
        return await tasks[0]

    with guarded():
        assert async_to_sync(run)() == 5
    assert [report.queries for report in reports] == [2]


def test_what_the_same_task_asks_after_a_request_is_not_counted(shop):
    async def run():
        client = AsyncClient()
        for _ in range(2):
            await client.get("/orders/tuned/")
            await Order.objects.acount()

    with guarded(), capture() as outside:
        async_to_sync(run)()
    assert [report.queries for report in reports] == [1, 1]
    assert outside.queries == 4
