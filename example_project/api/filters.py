"""Filters that any app's filter set may use."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django_filters.fields import IsoDateTimeField
from drf_spectacular.utils import extend_schema_field

if TYPE_CHECKING:
    from django.db.models import QuerySet


#: SQLite fails on a number that is wider than a key.
MAX_KEY = 2**63 - 1


@extend_schema_field({"type": "integer", "format": "int64", "minimum": 0, "maximum": MAX_KEY})
class KeyFilter(django_filters.NumberFilter):
    """Rows of a key, without a query whether it exists: one that does not has none."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=0, max_value=MAX_KEY, **kwargs)


class _MomentField(IsoDateTimeField):
    def clean(self, value: Any) -> Any:
        moment = super().clean(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError:  # the year 1, east of Greenwich
            raise forms.ValidationError(self.error_messages["invalid"], "invalid") from None


class MomentFilter(django_filters.IsoDateTimeFilter):
    """Before or after a moment, given with its time zone."""

    field_class = _MomentField


class StableOrderingFilter(django_filters.OrderingFilter):
    """Ties are in the order of the key: a row is on one page, not on two or none."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        ordered = super().filter(qs, value)
        return ordered.order_by(*ordered.query.order_by, "pk") if value else ordered
