from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from orders.models import Order, OrderItem

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class OrderItemInline(admin.TabularInline):
    """What was bought, to be read: a field to edit would load its product for each row."""

    model = OrderItem
    fields = ["product", "quantity", "unit_price"]
    readonly_fields = fields
    can_delete = False
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderItem]:
        return super().get_queryset(request).select_related("product")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ["id", "customer", "status", "created_at"]
    list_filter = ["status"]
    list_select_related = ["customer"]
    show_full_result_count = False  # would count all orders a second time
    raw_id_fields = ["customer"]
    inlines = [OrderItemInline]
