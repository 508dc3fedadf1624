"""The same endpoints as most of us write them first: right, and slow.

Nothing is loaded ahead, so each row asks for its customer, its items, each item's product and
category, a count and the items once more for the total.  Kept for the demonstration and for
benchmarks; they exist only where ``NAIVE_API`` is on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rest_framework import viewsets

from orders.models import Order
from orders.serializers import OrderSerializer

if TYPE_CHECKING:
    from accounts.models import User
    from orders.querysets import OrderQuerySet


class NaiveOrderViewSet(viewsets.ReadOnlyModelViewSet[Order]):  # guard: allow[W131] on purpose
    queryset = Order.objects.all()
    serializer_class = OrderSerializer

    def get_queryset(self) -> OrderQuerySet:
        orders = cast("OrderQuerySet", super().get_queryset())
        return orders.visible_to(cast("User", self.request.user))
