"""Money as version 2 shows it: an amount and what it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

if TYPE_CHECKING:
    from decimal import Decimal


class MoneySerializer(serializers.Serializer[Any]):
    """An amount and the currency that it is in."""

    amount = serializers.DecimalField(max_digits=12, decimal_places=2)
    currency = serializers.ChoiceField([settings.CURRENCY])


@extend_schema_field(MoneySerializer)
class MoneyField(serializers.Field):
    """The number that the database has, as ``{"amount": "9.99", "currency": "EUR"}``.

    A field and no nested serializer: of one, a PATCH might leave out the currency.
    Takes the limits of a ``DecimalField``.
    """

    default_error_messages = {
        "form": 'Money is {{"amount": "9.99", "currency": "{currency}"}}.',
        "currency": "Prices are in {currency}.",
    }

    def __init__(self, *, max_digits: int = 12, min_value: Decimal | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self._amount = serializers.DecimalField(max_digits, 2, min_value=min_value)

    def to_representation(self, value: Decimal) -> dict[str, str]:
        return {"amount": f"{value:.2f}", "currency": settings.CURRENCY}

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, dict) or set(data) != {"amount", "currency"}:
            self.fail("form", currency=settings.CURRENCY)
        if data["currency"] != settings.CURRENCY:
            self.fail("currency", currency=settings.CURRENCY)
        amount: Decimal = self._amount.run_validation(data["amount"])
        return amount
