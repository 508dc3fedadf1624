"""Querysets that bring what the API shows, in a number of queries that does not grow."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Count, DecimalField, F, OuterRef, Prefetch, Subquery, Sum
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from accounts.models import User

_MONEY: DecimalField[Any, Any] = DecimalField(max_digits=12, decimal_places=2)


class OrderQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> OrderQuerySet:
        """All orders for staff; else those of the user's own customer."""
        return self if user.is_staff else self.filter(customer__user=user)

    def with_totals(self) -> OrderQuerySet:
        """Total and number of items, in SQL.

        Each in a subquery of its own: two aggregates over joins would multiply one another.
        """
        from orders.models import OrderItem  # noqa: PLC0415  the model needs this queryset

        items = OrderItem.objects.filter(order=OuterRef("pk")).order_by().values("order")
        total = items.annotate(value=Sum(F("quantity") * F("unit_price"), output_field=_MONEY))
        count = items.annotate(value=Count("pk"))
        return self.annotate(
            total_amount=Coalesce(Subquery(total.values("value")), Decimal(), output_field=_MONEY),
            items_count=Coalesce(Subquery(count.values("value")), 0),
        )

    def for_api(self) -> OrderQuerySet:
        """Everything an order's representation reads, and no wide column that it does not."""
        from orders.models import OrderItem  # noqa: PLC0415

        items = OrderItem.objects.select_related("product__category").only(
            "order_id",
            "quantity",
            "unit_price",
            "product__name",
            "product__category__name",
        )
        return (
            self.with_totals().select_related("customer").prefetch_related(Prefetch("items", items))
        )


class OrderEventQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> OrderEventQuerySet:
        """Those of the orders that the user sees."""
        return self if user.is_staff else self.filter(order__customer__user=user)
