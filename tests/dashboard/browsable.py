"""The shop with REST framework's browsable API, for the badge that it gets."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import include, path
from rest_framework.decorators import api_view, renderer_classes
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.response import Response

from tests.dashboard.urls import admits_header
from tests.shop.models import Customer, Order
from tests.shop.views import NamedOrder


class Utf16(BrowsableAPIRenderer):
    charset = "utf-16"


class NoBody(BrowsableAPIRenderer):
    def render(self, data, accepted_media_type=None, renderer_context=None):
        return "<p>nothing of a page</p>"


class Hostile(BrowsableAPIRenderer):
    def render(self, data, accepted_media_type=None, renderer_context=None):
        return "<!doctype html><body><p>İ</p><!-- </body> --></BODY ></html>"


def listed(*renderers):
    @api_view(["GET"])
    @renderer_classes(renderers)
    def view(request):
        return Response(NamedOrder(Order.objects.order_by("pk"), many=True).data)

    return view


def asks_the_database(request):
    """A permission that runs a query."""
    return admits_header(request) and Customer.objects.exists()


def sets(name, value):
    """A middleware that sets a header on each response."""

    def made(get_response):
        def middleware(request):
            response = get_response(request)
            response.headers[name] = value
            return response

        return middleware

    return made


encoded = sets("Content-Encoding", "br")
validated = sets("ETag", '"1"')
mislabelled = sets("Content-Type", "text/html; charset=ascii")


def page(request):
    return HttpResponse("<!doctype html><body></body>")


plain = [
    path("api/", listed(JSONRenderer, BrowsableAPIRenderer)),
    path("api/utf-16/", listed(Utf16)),
    path("api/no-body/", listed(NoBody)),
    path("api/hostile/", listed(Hostile)),
    path("page/", page),
]
urlpatterns = [path("__guard__/", include("nplusone_guard.urls")), *plain]
