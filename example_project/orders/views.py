"""Orders and what happened to them; each action with a declared cost.

The budgets are those of a browser's session, which costs one query more than a token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.db import transaction
from django.shortcuts import get_object_or_404
from rest_framework import mixins, viewsets

from api.pagination import NewestFirst
from api.views import WriteViewSet
from nplusone_guard import query_budget
from orders.filters import OrderEventFilter, OrderFilter
from orders.models import Order, OrderEvent
from orders.serializers import OrderEventSerializer, OrderSerializer
from orders.write_serializers import OrderStatusSerializer, OrderWriteSerializer

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response
    from rest_framework.serializers import BaseSerializer

    from accounts.models import User
    from orders.querysets import OrderEventQuerySet, OrderQuerySet


class OrderViewSet(
    WriteViewSet,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
):
    """A user's orders; staff see all.  To any other user an order is not there.

    An order is placed and its status changed; it is never replaced or deleted.
    """

    queryset = Order.objects.all()
    serializer_class = OrderSerializer
    filterset_class = OrderFilter
    lookup_value_converter = "int"
    http_method_names = ["get", "post", "patch", "head", "options"]

    def get_queryset(self) -> OrderQuerySet:
        return self._visible().for_api()

    def _visible(self) -> OrderQuerySet:
        orders = cast("OrderQuerySet", super().get_queryset())
        return orders.visible_to(cast("User", self.request.user))

    @property
    def write_serializer_class(self) -> type[BaseSerializer[Any]]:  # type: ignore[override]
        return OrderWriteSerializer if self.action == "create" else OrderStatusSerializer

    def get_object(self) -> Order:
        """To be changed it is locked until the transaction ends."""
        if self.action != "partial_update":
            return super().get_object()
        return get_object_or_404(self._visible().select_for_update(), pk=self.kwargs["pk"])

    # The user, the count, the orders with customer and totals, their items with product.
    list = query_budget(queries=5)(mixins.ListModelMixin.list)
    retrieve = query_budget(queries=4)(mixins.RetrieveModelMixin.retrieve)

    # The user, the customer, the products, order, items, stock, event; what is shown is two.
    create = query_budget(queries=10)(WriteViewSet.create)

    # The user, the order, its status, products, stock, event; what is shown is two.
    @query_budget(queries=9)
    @transaction.atomic
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().partial_update(request, *args, **kwargs)


class OrderEventViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[OrderEvent]):
    """What happened, the newest first; those of one's own orders, or all for staff."""

    queryset = OrderEvent.objects.all()
    serializer_class = OrderEventSerializer
    filterset_class = OrderEventFilter
    pagination_class = NewestFirst

    def get_queryset(self) -> OrderEventQuerySet:
        events = cast("OrderEventQuerySet", super().get_queryset())
        return events.visible_to(cast("User", self.request.user))

    list = query_budget(queries=3)(mixins.ListModelMixin.list)
