"""Pages that carry the toolbar."""

from __future__ import annotations

from django.db import connection
from django.http import HttpResponse
from django.urls import include, path

from nplusone_guard import allow
from tests import endpoints
from tests.shop.models import Order


def names():
    return ", ".join(order.customer.name for order in Order.objects.all())


def page(request):
    return HttpResponse(f"<html><body>{names()}</body></html>")


async def page_async(request):
    found = [order.customer.name async for order in Order.objects.select_related("customer")]
    return HttpResponse(f"<html><body>{found}</body></html>")


def accepted(request):
    with allow(relation="shop.Order.customer", reason="five at most"):
        return page(request)


def hostile(request):
    with connection.cursor() as cursor:
        cursor.execute('SELECT 1 AS "<script>alert(1)</script>"')
    return HttpResponse("<html><body></body></html>")


urlpatterns = [
    path("page/", page),
    path("page-async/", page_async),
    path("accepted/", accepted),
    path("hostile/", hostile),
    path("__debug__/", include("debug_toolbar.urls")),
    *endpoints.urlpatterns,
]
