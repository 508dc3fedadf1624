from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters

from api.filters import KeyFilter, StableOrderingFilter
from catalogue.models import Product

if TYPE_CHECKING:
    from django.db.models import QuerySet

_PRICE: dict[str, Any] = {"field_name": "price", "max_digits": 10, "decimal_places": 2}


class ProductFilter(django_filters.FilterSet):
    category = KeyFilter(field_name="category_id")
    min_price = django_filters.NumberFilter(lookup_expr="gte", **_PRICE)
    max_price = django_filters.NumberFilter(lookup_expr="lte", **_PRICE)
    in_stock = django_filters.BooleanFilter(method="filter_in_stock")
    name = django_filters.CharFilter(lookup_expr="icontains", max_length=120)
    ordering = StableOrderingFilter(fields=["name", "price"])

    class Meta:
        model = Product
        fields: list[str] = []

    def filter_in_stock(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return queryset.filter(stock__gt=0) if value else queryset.filter(stock=0)
