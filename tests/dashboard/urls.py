"""The shop, and the dashboard beside it."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseNotFound
from django.urls import include, path, re_path
from django.utils.functional import SimpleLazyObject
from rest_framework.decorators import api_view
from rest_framework.response import Response

from nplusone_guard.dashboard import request_id, request_url
from tests.shop import urls, views
from tests.shop.models import Order


@api_view(["GET"])
def told(request):
    """A view that asks where its own report will be."""
    return Response({"id": request_id(request), "url": request_url(request)})


def hostile(request, rest):
    """A view whose SQL has mark-up in it, in an identifier and as a value."""
    list(Order.objects.raw("SELECT id, note AS \"<script>alert('sql')</script>\" FROM shop_order"))
    list(Order.objects.extra(where=["note <> '<img src=x onerror=alert(1)>'"]))
    return HttpResponse("fine")


def not_found(request, exception):
    return HttpResponseNotFound(f"nothing at {type(exception).__name__}")


def admits_header(request):
    return request.headers.get("X-Admin") == "yes"


def fails(request):
    raise OSError("no")


def says_something(request):
    return SimpleLazyObject(lambda: "yes")


async def admits_later(request):
    return True


handler404 = not_found

urlpatterns = [
    path("__guard__/", include("nplusone_guard.urls")),
    path("told/", told),
    path("orders/serialized/", views.serialized),
    re_path(r"^hostile/(?P<rest>.*)$", hostile),
    *urls.urlpatterns,
]
