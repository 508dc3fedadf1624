"""Views that tests of requests call: each says in its name what it costs."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.urls import include, path
from rest_framework import serializers, viewsets
from rest_framework.routers import SimpleRouter

from tests.shop.models import Order, Tag

#: Queries of a view that loads the customer of each of the five orders.
ROW_BY_ROW = 6


def row_by_row(request):
    return JsonResponse({"names": [order.customer.name for order in Order.objects.all()]})


async def row_by_row_async(request):
    return JsonResponse({"names": [(await _customer(order)).name async for order in _orders()]})


async def _customer(order):
    return await Order.customer.field.related_model.objects.aget(pk=order.customer_id)


def _orders():
    return Order.objects.order_by("pk")


def joined(request):
    orders = Order.objects.select_related("customer")
    return JsonResponse({"names": [order.customer.name for order in orders]})


def nothing(request):
    return HttpResponse("nothing")


def broken(request):
    row_by_row(request)
    raise ZeroDivisionError


def redirect(request):
    Tag.objects.count()
    return HttpResponseRedirect("/row-by-row/")


def stream(request):
    return StreamingHttpResponse(order.customer.name for order in Order.objects.all())


async def stream_async(request):
    async def names():
        async for order in _orders():
            yield (await _customer(order)).name

    return StreamingHttpResponse(names())


class OrderSerializer(serializers.ModelSerializer):
    customer_name = serializers.CharField(source="customer.name", read_only=True)

    class Meta:
        model = Order
        fields = ("id", "customer", "customer_name")


class OrderViewSet(viewsets.ModelViewSet):
    queryset = Order.objects.order_by("pk")
    serializer_class = OrderSerializer


router = SimpleRouter()
router.register("orders", OrderViewSet)

urlpatterns = [
    path("row-by-row/", row_by_row),
    path("row-by-row-async/", row_by_row_async),
    path("joined/", joined),
    path("nothing/", nothing),
    path("broken/", broken),
    path("redirect/", redirect),
    path("stream/", stream),
    path("stream-async/", stream_async),
    path("api/", include(router.urls)),
]
