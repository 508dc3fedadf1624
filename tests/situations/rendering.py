"""Serializers and templates."""

from __future__ import annotations

from django.template import Context, Engine
from rest_framework import serializers

from tests.shop.models import Order, OrderItem
from tests.situations.situation import n_plus_one, situation


class ItemSerializer(serializers.ModelSerializer):
    product_name = serializers.CharField(source="product.name")

    class Meta:
        model = OrderItem
        fields = ("id", "product_name")


class OrderSerializer(serializers.ModelSerializer):
    items = ItemSerializer(many=True)
    payer_name = serializers.CharField(source="payer.name")
    customer_name = serializers.SerializerMethodField()

    def get_customer_name(self, order: Order) -> str:
        return order.customer.name

    class Meta:
        model = Order
        fields = ("id", "items", "payer_name", "customer_name")


class TwoParties(serializers.ModelSerializer):
    customer_name = serializers.CharField(source="customer.name")
    payer_name = serializers.CharField(source="payer.name")

    class Meta:
        model = Order
        fields = ("customer_name", "payer_name")


@situation(
    n_plus_one(5, "shop.Order.items"),
    n_plus_one(15, "shop.OrderItem.product"),
    n_plus_one(5, "shop.Order.payer"),
    n_plus_one(5, "shop.Order.customer"),
    fix=(
        'prefetch_related("items__product")',
        'select_related("payer")',
        'select_related("customer")',
    ),
)
def serializer():
    return OrderSerializer(Order.objects.all(), many=True).data


@situation()
def two_fields_of_one_object_that_load_one_model():
    return TwoParties(Order.objects.first()).data


@situation(n_plus_one(5, "shop.Order.customer"), fix='select_related("customer")')
def template():
    source = "{% for order in orders %}{{ order.customer.name }}{% endfor %}"
    return Engine().from_string(source).render(Context({"orders": Order.objects.all()}))


@situation()
def template_that_loads_one_model_in_two_places():
    source = "{{ order.customer.name }}{{ order.payer.name }}"
    return Engine().from_string(source).render(Context({"order": Order.objects.first()}))
