"""Querysets that bring what the API shows."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Count


class CategoryQuerySet(models.QuerySet[Any]):
    def for_api(self) -> CategoryQuerySet:
        """With the number of products, in SQL."""
        return self.annotate(product_count=Count("products")).order_by("name")


class ProductQuerySet(models.QuerySet[Any]):
    def for_api(self) -> ProductQuerySet:
        return self.select_related("category").order_by("pk")

    def for_list(self) -> ProductQuerySet:
        """As ``for_api``, and the wide description stays where it is."""
        return self.for_api().defer("description")
