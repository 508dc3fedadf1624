"""Views whose responses are made after they have returned."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

from asgiref.sync import sync_to_async
from django.http import FileResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import TemplateResponse

from tests.shop.models import Order, Product
from tests.shop.views import customer_name, orders

_PAGE = "{% for order in orders %}{{ order.customer.name }};{% endfor %}"


def page(request):
    """Six queries, all of them when the template is rendered; one N+1."""
    template = engines["django"].from_string(_PAGE)
    return TemplateResponse(request, template, {"orders": Order.objects.order_by("pk")})


async def page_async(request):
    """The same from an async view."""
    return page(request)


def download(request):
    """Two queries, then a file."""
    return FileResponse(io.BytesIO(f"{Order.objects.count()} {Product.objects.count()}".encode()))


opened = []


def download_naive(request):
    """An N+1, then a file."""
    orders(request)
    opened.append(Path(__file__).open("rb"))  # noqa: SIM115  the response closes it
    return FileResponse(opened[-1])


def stream(request):
    """One query in the view, six in the stream, one N+1."""

    def chunks():
        for order in Order.objects.order_by("pk"):
            yield f"{customer_name(order)};"

    return StreamingHttpResponse(chunks(), headers={"X-Products": str(Product.objects.count())})


async def stream_async(request):
    """The same from an async view."""

    async def chunks():
        load = sync_to_async(customer_name)
        async for order in Order.objects.order_by("pk"):
            yield f"{await load(order)};"

    count = await Product.objects.acount()
    return StreamingHttpResponse(chunks(), headers={"X-Products": str(count)})


def breaks(request):
    """One query and one chunk, then an error."""

    def chunks():
        yield str(Order.objects.count())
        raise ZeroDivisionError("the stream's own")

    return StreamingHttpResponse(chunks())


async def breaks_async(request):
    """The same from an async view."""

    async def chunks():
        yield str(await Order.objects.acount())
        raise ZeroDivisionError("the stream's own")

    return StreamingHttpResponse(chunks())


async def stalls_async(request):
    """One query and one chunk, then nothing more."""

    async def chunks():
        yield str(await Order.objects.acount())
        await asyncio.Event().wait()

    return StreamingHttpResponse(chunks())
