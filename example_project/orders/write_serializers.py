"""What a client sends to place an order and to change one.

Their views show the answer with :mod:`orders.serializers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from accounts.models import Customer
from orders.models import Order
from orders.services import NotAvailable, NotPossible, change_status, place_order

if TYPE_CHECKING:
    from django.db.models import QuerySet

MAX_ITEMS = 100
MAX_KEY = 2**63 - 1


class ItemWriteSerializer(serializers.Serializer[Any]):
    """A product's id, and how many."""

    # No related field: it would ask the database for each item.
    product = serializers.IntegerField(min_value=1, max_value=MAX_KEY)
    quantity = serializers.IntegerField(min_value=1, max_value=1_000)


@extend_schema_field(OpenApiTypes.INT64)
class BuyerField(serializers.PrimaryKeyRelatedField[Customer]):
    """A customer's id: any for staff, only oneself for others."""

    def get_queryset(self) -> QuerySet[Customer]:
        user = self.context["request"].user
        customers = Customer.objects.all()
        return customers if user.is_staff else customers.filter(user=user)


class OrderWriteSerializer(serializers.Serializer[Order]):
    """An order of products in stock, at the prices of the moment."""

    customer = BuyerField(required=False, help_text="For staff; else it is oneself.")
    items = ItemWriteSerializer(many=True, allow_empty=False, max_length=MAX_ITEMS)

    def validate_items(self, items: list[dict[str, int]]) -> list[dict[str, int]]:
        products = [item["product"] for item in items]
        if len(set(products)) < len(products):
            raise serializers.ValidationError("Each product may be there once.", code="unique")
        return items

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user = self.context["request"].user
        customer = attrs.get("customer") or Customer.objects.filter(user=user).first()
        if customer is None:
            raise serializers.ValidationError({"customer": "Who is it for?"}, code="required")
        if not customer.is_active:
            raise serializers.ValidationError(
                {"customer": "This customer is inactive and can not order."}, code="inactive"
            )
        return {**attrs, "customer": customer}

    def create(self, validated_data: dict[str, Any]) -> Order:
        quantities = {item["product"]: item["quantity"] for item in validated_data["items"]}
        try:
            return place_order(validated_data["customer"], quantities)
        except NotAvailable as error:
            raise serializers.ValidationError(
                {
                    "items": {  # by position, as the errors of the fields
                        number: _told(*error.problems[product])
                        for number, product in enumerate(quantities)
                        if product in error.problems
                    }
                }
            ) from None


def _told(field: str, code: str, message: str) -> dict[str, list[ErrorDetail]]:
    return {field: [ErrorDetail(message, code)]}


class OrderStatusSerializer(serializers.ModelSerializer[Order]):
    """What an order becomes: staff go on with it, a customer only cancels."""

    class Meta:
        model = Order
        fields = ["status"]

    def validate_status(self, status: str) -> str:
        if not self.context["request"].user.is_staff and status != Order.Status.CANCELLED:
            raise serializers.ValidationError("You may only cancel it.", code="permission_denied")
        return status

    def update(self, instance: Order, validated_data: dict[str, Any]) -> Order:
        status = validated_data.get("status", instance.status)
        if status == instance.status:
            return instance  # asked again: done
        try:
            return change_status(instance, status)
        except NotPossible as error:
            raise serializers.ValidationError({"status": [str(error)]}, code="conflict") from None
