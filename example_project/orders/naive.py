"""Orders as most of us write them first: the same answers as ``orders/views.py``, and slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rest_framework import mixins, serializers, viewsets

from orders.filters import NaiveOrderFilter
from orders.models import Order, OrderEvent
from orders.serializers import OrderEventSerializer, OrderSerializer

if TYPE_CHECKING:
    from accounts.models import User
    from orders.querysets import OrderEventQuerySet, OrderQuerySet


class NaiveOrderViewSet(viewsets.ReadOnlyModelViewSet[Order]):  # guard: allow[W131] on purpose
    """No eager loading: queries for each customer, for items, products, categories.

    Count per row, totals per row in Python: ``OrderSerializer`` does so without annotations.
    """

    queryset = Order.objects.all()
    serializer_class = OrderSerializer
    filterset_class = NaiveOrderFilter

    def get_queryset(self) -> OrderQuerySet:
        orders = cast("OrderQuerySet", super().get_queryset())
        return orders.visible_to(cast("User", self.request.user))


class FilteringOrderSerializer(OrderSerializer):
    """``.filter()`` on a prefetched relation: a query for each order, whatever was loaded."""

    def get_total(self, order: Order) -> str:
        ordered = order.items.filter(quantity__gt=0)
        return f"{sum(item.quantity * item.unit_price for item in ordered):.2f}"


class PrefetchedOrderViewSet(NaiveOrderViewSet):
    """The second attempt: everything is loaded ahead, and the serializer asks all the same."""

    queryset = Order.objects.select_related("customer").prefetch_related("items__product__category")
    serializer_class = FilteringOrderSerializer


class NaiveOrderEventSerializer(OrderEventSerializer):
    """A row for a key: each event loads its order, whose key it has in ``order_id``."""

    order = serializers.IntegerField(source="order.id")


class NaiveOrderEventViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[OrderEvent]):
    """Unpaginated: all that ever happened, in one answer."""

    queryset = OrderEvent.objects.order_by("-id")  # guard: allow[W131] on purpose
    serializer_class = NaiveOrderEventSerializer
    pagination_class = None  # guard: allow[W111] on purpose

    def get_queryset(self) -> OrderEventQuerySet:
        events = cast("OrderEventQuerySet", super().get_queryset())
        return events.visible_to(cast("User", self.request.user))
