"""Products and categories: anyone reads, staff write; each action with a declared cost.

The budgets are those of a browser's session, which costs two queries more than nobody does and
one more than a token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from rest_framework import viewsets
from rest_framework.permissions import IsAuthenticatedOrReadOnly

from api.permissions import StaffWrites
from api.views import WriteViewSet
from catalogue.filters import ProductFilter
from catalogue.models import Category, Product
from catalogue.serializers import (
    CategorySerializer,
    CategoryWriteSerializer,
    ProductSerializer,
    ProductSummarySerializer,
    ProductWriteSerializer,
)
from nplusone_guard import query_budget

if TYPE_CHECKING:
    from rest_framework.serializers import BaseSerializer

    from catalogue.querysets import CategoryQuerySet, ProductQuerySet


class CategoryViewSet(WriteViewSet, viewsets.ModelViewSet[Category]):
    """Categories with the number of their products.  One that has products can't be deleted."""

    queryset = Category.objects.all()
    serializer_class = CategorySerializer
    write_serializer_class = CategoryWriteSerializer
    permission_classes = (IsAuthenticatedOrReadOnly, StaffWrites)
    lookup_value_converter = "int"

    def get_queryset(self) -> CategoryQuerySet:
        return cast("CategoryQuerySet", super().get_queryset()).for_api()

    list = query_budget(queries=4)(viewsets.ModelViewSet.list)
    retrieve = query_budget(queries=3)(viewsets.ModelViewSet.retrieve)
    # Is the name free, the write, what is shown; to change one, it comes first.
    create = query_budget(queries=5)(WriteViewSet.create)
    update = query_budget(queries=6)(WriteViewSet.update)
    partial_update = query_budget(queries=6)(WriteViewSet.partial_update)
    # Who still needs it is asked first; a category that is needed is not deleted.
    destroy = query_budget(queries=5)(viewsets.ModelViewSet.destroy)


class ProductViewSet(WriteViewSet, viewsets.ModelViewSet[Product]):
    """Products; each by itself also has its description.  One that was ordered can't be deleted."""

    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    list_serializer_class: type[BaseSerializer[Any]] = ProductSummarySerializer
    write_serializer_class = ProductWriteSerializer
    permission_classes = (IsAuthenticatedOrReadOnly, StaffWrites)
    filterset_class = ProductFilter
    lookup_value_converter = "int"

    def get_queryset(self) -> ProductQuerySet:
        products = cast("ProductQuerySet", super().get_queryset())
        return products.for_list() if self.action == "list" else products.for_api()

    def get_read_serializer_class(self) -> type[BaseSerializer[Any]]:
        return self.list_serializer_class if self.action == "list" else self.serializer_class

    list = query_budget(queries=4)(viewsets.ModelViewSet.list)
    retrieve = query_budget(queries=3)(viewsets.ModelViewSet.retrieve)
    # Does the category exist, is the SKU free, the write, what is shown.
    create = query_budget(queries=6)(WriteViewSet.create)
    update = query_budget(queries=7)(WriteViewSet.update)
    partial_update = query_budget(queries=7)(WriteViewSet.partial_update)
    destroy = query_budget(queries=5)(viewsets.ModelViewSet.destroy)
