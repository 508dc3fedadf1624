"""Version 2: prices with their currency."""

from __future__ import annotations

from decimal import Decimal

from drf_spectacular.utils import extend_schema_serializer

from api.money import MoneyField
from catalogue.serializers import (
    ProductSerializer,
    ProductSummarySerializer,
    ProductWriteSerializer,
)
from catalogue.views import ProductViewSet


@extend_schema_serializer(component_name="ProductSummary")
class ProductSummarySerializerV2(ProductSummarySerializer):
    price = MoneyField(read_only=True)


@extend_schema_serializer(component_name="Product")
class ProductSerializerV2(ProductSerializer):
    price = MoneyField(read_only=True)


@extend_schema_serializer(component_name="ProductWrite")
class ProductWriteSerializerV2(ProductWriteSerializer):
    price = MoneyField(max_digits=10, min_value=Decimal("0.01"))


class ProductViewSetV2(ProductViewSet):
    serializer_class = ProductSerializerV2
    list_serializer_class = ProductSummarySerializerV2
    write_serializer_class = ProductWriteSerializerV2
