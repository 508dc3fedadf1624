from __future__ import annotations

import asyncio
import gc
from contextlib import nullcontext

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from nplusone_guard import NPlusOneDetected, capture
from tests.serving import WAYS, asgi, chunks, guarded, reports, wsgi
from tests.shop.models import Order
from tests.shop.streams import opened

CROSSED = "StreamingHttpResponse must consume (a?synchronous) iterators"


def crossed(way):
    """Django warns where a stream is not of the server's kind."""
    stays = way in {"wsgi", "asgi-async"}
    return nullcontext() if stays else pytest.warns(Warning, match=CROSSED)


@pytest.mark.parametrize("way", WAYS)
def test_a_stream_is_traced_until_it_ends(way, shop):
    send, prefix = WAYS[way]
    with guarded():
        response = send(f"/{prefix}stream/")
        assert reports == []
        with crossed(way):
            sent = chunks(way, response)
    (report,) = reports
    assert len(sent) == 5
    assert (report.queries, report.trace.status) == (7, 200)
    assert [(each.count, each.relation) for each in report.findings] == [(5, "shop.Order.customer")]


@pytest.mark.parametrize(("way", "path"), [("wsgi", "/stream/"), ("asgi", "/async/stream/")])
def test_a_stream_that_has_begun_is_never_failed(way, path, shop):
    send, _ = WAYS[way]
    with guarded(ACTION="raise", HEADERS=True):
        response = send(path)
        sent = chunks(way, response)
    assert (len(sent), len(reports)) == (5, 1)
    assert response.headers["X-Products"] == "3"
    assert "X-Guard-Queries" not in response.headers


@pytest.mark.parametrize(
    ("way", "path"), [("wsgi", "/stream/breaks/"), ("asgi", "/async/stream/breaks/")]
)
def test_a_stream_that_raises_is_reported_as_far_as_it_came(way, path, shop):
    send, _ = WAYS[way]
    with guarded():
        response = send(path)
        with pytest.raises(ZeroDivisionError, match="the stream's own"):
            chunks(way, response)
        response.close()
    assert [report.queries for report in reports] == [1]


def test_a_client_that_closes_early_ends_the_trace(shop):
    with guarded():
        response = wsgi("/stream/")
        first = next(iter(response))
        response.close()
        response.close()
    assert first == b"customer 0;"
    assert [report.queries for report in reports] == [3]


def test_a_client_that_closes_early_ends_the_trace_under_asgi(shop):
    async def leave():
        response = await AsyncClient().get("/async/stream/")
        stream = aiter(response)
        first = await anext(stream)
        await stream.aclose()
        response.close()
        return first

    with guarded():
        assert async_to_sync(leave)() == b"customer 0;"
    assert [report.queries for report in reports] == [3]


def test_a_task_that_is_cancelled_within_a_chunk_ends_the_trace(shop):
    async def leave():
        stream = aiter(await AsyncClient().get("/async/stream/stalls/"))
        await anext(stream)

        async def read():
            await anext(stream)

        task = asyncio.create_task(read())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with guarded():
        async_to_sync(leave)()
    assert [report.queries for report in reports] == [1]


def test_an_abandoned_stream_takes_nothing_of_the_next_request(shop):
    with guarded():
        abandoned = wsgi("/stream/")
        next(iter(abandoned))
        wsgi("/orders/tuned/")
        Order.objects.count()
        abandoned.close()
    assert [(report.label, report.queries) for report in reports] == [
        ("GET /orders/tuned/", 1),
        ("GET /stream/", 3),
    ]


def test_an_abandoned_stream_takes_nothing_of_the_next_request_under_asgi(shop):
    async def requests():
        client = AsyncClient()
        abandoned = await client.get("/async/stream/")
        await anext(aiter(abandoned))
        await client.get("/orders/tuned/")
        await Order.objects.acount()
        abandoned.close()

    with guarded():
        async_to_sync(requests)()
    assert [(report.label, report.queries) for report in reports] == [
        ("GET /orders/tuned/", 1),
        ("GET /async/stream/", 3),
    ]


def test_two_streams_in_turn_are_two_traces(shop):
    with guarded():
        first, second = (Client().get("/stream/") for _ in range(2))
        for _ in zip(first, second, strict=True):
            pass
        first.close()
        second.close()
    assert [report.queries for report in reports] == [7, 7]


def test_queries_between_two_chunks_are_not_the_streams(shop):
    with guarded(), capture() as outside:
        for _ in wsgi("/stream/"):
            Order.objects.count()
    assert [report.queries for report in reports] == [7]
    assert outside.queries == 12


def test_a_stream_nobody_reads_holds_nothing_back(shop):
    with guarded(), capture() as outside:
        wsgi("/stream/")
        gc.collect()
        wsgi("/orders/tuned/")
    assert outside.queries == 2


@pytest.mark.parametrize("way", WAYS)
def test_a_template_response_is_rendered_within_the_trace(way, shop):
    send, prefix = WAYS[way]
    with guarded(HEADERS=True):
        response = send(f"/{prefix}page/")
    (report,) = reports
    assert response.content.count(b";") == 5
    assert response.headers["X-Guard-Queries"] == "6"
    assert [(each.count, each.relation) for each in report.findings] == [(5, "shop.Order.customer")]


@pytest.mark.parametrize("send", [wsgi, asgi])
def test_a_file_has_been_judged_before_it_is_sent(send, shop):
    with guarded(HEADERS=True):
        response = send("/download/")
        assert [report.queries for report in reports] == [2]
    assert response.headers["X-Guard-Queries"] == "2"
    assert response.headers["Content-Length"] == "3"
    response.close()


@pytest.mark.parametrize("send", [wsgi, asgi])
def test_raise_fails_a_file_before_it_is_sent_and_closes_it(send, shop):
    with guarded(ACTION="raise"), pytest.raises(NPlusOneDetected):
        send("/download/naive/")
    assert opened.pop().closed
