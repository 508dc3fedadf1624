"""Orders, with a declared cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from rest_framework import viewsets

from nplusone_guard import query_budget
from orders.models import Order
from orders.serializers import OrderSerializer

if TYPE_CHECKING:
    from accounts.models import User
    from orders.querysets import OrderQuerySet


@query_budget(queries=5, n_plus_one=0, duplicates=0)
class OrderViewSet(viewsets.ReadOnlyModelViewSet[Order]):
    """A user's orders; staff see all.

    Four queries for a page of any size: the token's user, the count, the orders with customer
    and totals, and their items with product and category.  A browser's session is one more.
    """

    queryset = Order.objects.all()
    serializer_class = OrderSerializer

    def get_queryset(self) -> OrderQuerySet:
        orders = cast("OrderQuerySet", super().get_queryset())
        return orders.visible_to(cast("User", self.request.user)).for_api()

    @query_budget(queries=4)
    def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """One order: as the list, without the count."""
        return super().retrieve(request, *args, **kwargs)
