"""An orders API in small: its views are asked over HTTP on each database, WSGI and ASGI."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from django.urls import path
from rest_framework import generics, permissions, serializers

from tests.shop.models import Order, OrderItem


class ItemSerializer(serializers.ModelSerializer):
    product_name = serializers.CharField(source="product.name")

    class Meta:
        model = OrderItem
        fields = ("id", "product_name")


class OrderSerializer(serializers.ModelSerializer):
    items = ItemSerializer(many=True)
    customer_name = serializers.CharField(source="customer.name")

    class Meta:
        model = Order
        fields = ("id", "items", "customer_name")


class Naive(generics.ListAPIView):
    queryset = Order.objects.order_by("pk")
    serializer_class = OrderSerializer
    authentication_classes = ()
    permission_classes = (permissions.AllowAny,)


class Tuned(Naive):
    queryset = Naive.queryset.select_related("customer").prefetch_related("items__product")


def export(request):
    orders = Order.objects.order_by("pk").iterator(chunk_size=2)
    return StreamingHttpResponse(f"{order.pk},{order.customer.name}\n" for order in orders)


urlpatterns = [
    path("naive/", Naive.as_view()),
    path("tuned/", Tuned.as_view()),
    path("export/", export),
]
