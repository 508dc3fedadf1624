from __future__ import annotations

import django_filters

from api.filters import KeyFilter, MomentFilter, StableOrderingFilter
from orders.models import Order, OrderEvent


class OrderFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=Order.Status.choices)
    customer = KeyFilter(field_name="customer_id")
    created_from = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")
    ordering = StableOrderingFilter(fields={"created_at": "created_at", "total_amount": "total"})

    class Meta:
        model = Order
        fields: list[str] = []


class NaiveOrderFilter(OrderFilter):
    """Without an order by the total, which is a column of the tuned queryset alone."""

    ordering = None


class OrderEventFilter(django_filters.FilterSet):
    order = KeyFilter(field_name="order_id")
    kind = django_filters.ChoiceFilter(choices=OrderEvent.Kind.choices)

    class Meta:
        model = OrderEvent
        fields: list[str] = []
