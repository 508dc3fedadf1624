"""For tests that send requests: the settings, the four ways in, the reports that came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.test.utils import override_settings
from django.utils.decorators import async_only_middleware

from tests.shop.models import Order

if TYPE_CHECKING:
    from nplusone_guard import Report

MIDDLEWARE = "nplusone_guard.middleware.GuardMiddleware"

reports: list[Report] = []


def collect(report):
    """A reporter that keeps the report."""
    reports.append(report)


def broken(report):
    """A reporter that fails."""
    raise OSError("no space left")


class SyncOnly:
    """A middleware that Django calls in a thread under ASGI."""

    sync_capable, async_capable = True, False

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)


@async_only_middleware
def async_only(get_response):
    """A middleware that is a coroutine function."""

    async def middleware(request):
        return await get_response(request)

    return middleware


def asking(get_response):
    """A middleware that runs a query."""

    def middleware(request):
        Order.objects.count()
        return get_response(request)

    return middleware


def guarded(*, middleware=(MIDDLEWARE,), **keys):
    """The middleware with these keys of ``NPLUSONE_GUARD``; its reports come to ``reports``."""
    reports.clear()
    keys = {"REPORTERS": ["tests.serving.collect"], **keys}
    return override_settings(MIDDLEWARE=list(middleware), NPLUSONE_GUARD=keys)


def wsgi(path, method="get", **keys):
    """The response of a request through Django's WSGI client."""
    return getattr(Client(**keys), method)(path)


def asgi(path, method="get", **keys):
    """The response of a request through Django's ASGI client, with this thread's connections."""
    return async_to_sync(getattr(AsyncClient(**keys), method))(path)


def chunks(way, response):
    """All that a server of this kind would send."""
    if way.startswith("wsgi"):
        return list(response)

    async def collect():
        return [chunk async for chunk in response]

    return async_to_sync(collect)()


#: How the request comes in, and whether the view is a coroutine function.
WAYS = {
    "wsgi": (wsgi, ""),
    "wsgi-async": (wsgi, "async/"),
    "asgi": (asgi, ""),
    "asgi-async": (asgi, "async/"),
}
