"""How orders are shown; the naive twins show them by the same ones, or by what these leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework import serializers

from orders.models import Order, OrderEvent, OrderItem

if TYPE_CHECKING:
    from decimal import Decimal


class OrderItemSerializer(serializers.ModelSerializer[OrderItem]):
    product_name = serializers.CharField(source="product.name")
    category = serializers.CharField(source="product.category.name")

    class Meta:
        model = OrderItem
        fields = ["id", "product_name", "category", "quantity", "unit_price"]
        read_only_fields = fields


class OrderSerializer(serializers.ModelSerializer[Order]):
    customer_name = serializers.CharField(source="customer.name")
    items = OrderItemSerializer(many=True)
    item_count = serializers.SerializerMethodField()
    total = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = ["id", "status", "created_at", "customer_name", "items", "item_count", "total"]
        read_only_fields = fields

    def get_item_count(self, order: Order) -> int:
        """The annotation where the queryset has it; else a COUNT for each order."""
        if hasattr(order, "items_count"):
            return int(order.items_count)
        return order.items.count()

    def get_total(self, order: Order) -> str:
        """The same for the sum of the items."""
        total: Decimal = (
            order.total_amount if hasattr(order, "total_amount") else order.compute_total()
        )
        return f"{total:.2f}"


class OrderEventSerializer(serializers.ModelSerializer[OrderEvent]):
    order = serializers.IntegerField(source="order_id")

    class Meta:
        model = OrderEvent
        fields = ["id", "order", "kind", "status", "created_at"]
        read_only_fields = fields
