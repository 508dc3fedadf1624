"""Version 2: prices and totals with their currency.  What is sent has no money in it: as before."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer

from api.money import MoneyField
from orders.serializers import OrderItemSerializer, OrderSerializer
from orders.views import OrderViewSet


@extend_schema_serializer(component_name="OrderItem")
class OrderItemSerializerV2(OrderItemSerializer):
    unit_price = MoneyField()


@extend_schema_serializer(component_name="Order")
class OrderSerializerV2(OrderSerializer):
    items = OrderItemSerializerV2(many=True)
    total = MoneyField(source="total_amount")


class OrderViewSetV2(OrderViewSet):
    serializer_class = OrderSerializerV2
