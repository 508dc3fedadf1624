"""Views for the tests of the middleware: what they cost stands in their docstrings."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import Http404, HttpResponse, JsonResponse
from rest_framework import serializers

from tests.shop.models import Order, Product


def customer_name(order):
    return order.customer.name


def orders(request):
    """Six queries on the data of ``fill()``, one N+1."""
    return JsonResponse({"names": [customer_name(order) for order in Order.objects.order_by("pk")]})


async def orders_async(request):
    """The same from an async view."""
    load = sync_to_async(customer_name)
    return JsonResponse({"names": [await load(order) async for order in Order.objects.all()]})


def tuned(request):
    """One query, nothing wrong."""
    found = Order.objects.select_related("customer").order_by("pk")
    return JsonResponse({"names": [customer_name(order) for order in found]})


def twice(request):
    """Two queries, one duplicate."""
    return JsonResponse({"counts": [Order.objects.count() for _ in range(2)]})


def order(request, pk):
    """One query."""
    return JsonResponse({"note": Order.objects.get(pk=pk).note})


class NamedOrder(serializers.ModelSerializer):
    customer_name = serializers.CharField(source="customer.name")

    class Meta:
        model = Order
        fields = ("customer_name",)


def serialized(request):
    """Six queries, one N+1 in a serializer's field."""
    return JsonResponse({"orders": NamedOrder(Order.objects.order_by("pk"), many=True).data})


def raw(request):
    """Twelve statements with a literal in each, one N+1."""
    with connection.cursor() as cursor:
        for number in range(12):
            cursor.execute(f"SELECT name FROM shop_product WHERE id = {number}")
            cursor.fetchall()
    return HttpResponse("done")


after_the_first = None  # what a test may have the next two do after their first query


def products(request, count):
    """As many queries as it is told."""
    for number in range(count):
        Product.objects.get(name="book 0")
        if number == 0 and after_the_first:
            after_the_first()
    return HttpResponse("done")


async def products_async(request, count):
    """As many queries as it is told, from an async view."""
    for number in range(count):
        await Product.objects.aget(name="book 0")
        if number == 0 and after_the_first:
            await after_the_first()
    return HttpResponse("done")


def timed(request):
    """One query, and a ``Server-Timing`` of its own."""
    Order.objects.count()
    return HttpResponse("timed", headers={"Server-Timing": "cache;dur=2.0"})


def missing(request):
    """One query, then not found."""
    raise Http404(str(Order.objects.count()))


def fails(request):
    """An N+1, then an error."""
    orders(request)
    raise ZeroDivisionError("the view's own")


async def fails_async(request):
    """The same from an async view."""
    await orders_async(request)
    raise ZeroDivisionError("the view's own")


def unavailable(request):
    """An N+1 in a response that says 503."""
    return JsonResponse({"of": len(orders(request).content)}, status=503)
