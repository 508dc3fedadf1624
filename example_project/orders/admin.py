from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin

from orders.models import Order, OrderItem
from orders.services import change_status, following

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


class OrderForm(forms.ModelForm):
    def clean_status(self) -> str:
        status: str = self.cleaned_data["status"]
        if "status" in self.changed_data and status not in following(self.instance):
            raise forms.ValidationError(f"Not after {self.instance.status}.")
        return status


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    """Only the status can be changed, as through the API: with its event and the stock."""

    form = OrderForm
    list_display = ["id", "customer", "status", "created_at"]
    list_filter = ["status"]
    list_select_related = ["customer"]
    show_full_result_count = False  # would count all orders a second time
    fields = ["status", "customer", "created_at"]
    readonly_fields = ["customer", "created_at"]
    inlines = [OrderItemInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # who orders takes from the stock, at today's prices

    def save_model(self, request: HttpRequest, obj: Order, form: Any, change: bool) -> None:
        if "status" in form.changed_data:
            change_status(Order.objects.select_for_update().get(pk=obj.pk), obj.status)
