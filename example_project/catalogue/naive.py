"""The catalogue as most of us write it first: the same answers as ``catalogue/views.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers, viewsets
from rest_framework.permissions import IsAuthenticatedOrReadOnly

from catalogue.models import Category, Product
from catalogue.serializers import CategorySerializer, ProductSerializer, ProductSummarySerializer

if TYPE_CHECKING:
    from rest_framework.serializers import BaseSerializer


class CountingCategorySerializer(CategorySerializer):
    """Count per row: the source calls ``products.count()`` of each category."""

    product_count = serializers.IntegerField(source="products.count")


class NaiveCategoryViewSet(viewsets.ReadOnlyModelViewSet[Category]):
    queryset = Category.objects.order_by("name")  # guard: allow[W131] on purpose
    serializer_class = CountingCategorySerializer
    permission_classes = (IsAuthenticatedOrReadOnly,)


class NaiveProductViewSet(viewsets.ReadOnlyModelViewSet[Product]):
    """Deferred columns read back: price and stock came to the serializer, and not to ``only``.

    A product by itself reads its description back too.  No eager loading: each product asks for
    its category.
    """

    queryset = Product.objects.only(  # guard: allow[W131] on purpose
        "sku", "name", "category"
    ).order_by("pk")
    permission_classes = (IsAuthenticatedOrReadOnly,)

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return ProductSummarySerializer if self.action == "list" else ProductSerializer
