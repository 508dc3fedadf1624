"""Managers and querysets of the shop: where a queryset is built outside the code that reads it."""

from __future__ import annotations

from django.db import models


class InvoiceQuerySet(models.QuerySet):
    def unpaid(self):
        return self.filter(paid=False)

    def numbered(self, *numbers: int):
        return self.filter(number__in=numbers)


class InvoiceManager(models.Manager.from_queryset(InvoiceQuerySet)):
    """Leaves void invoices out, so that even ``all()`` has a condition of its own."""

    def get_queryset(self):
        return super().get_queryset().filter(void=False)

    def of_year(self, year: int):
        found = self.get_queryset()
        found = found.filter(year=year)
        return found.order_by("number")


class OwnerKey(models.ForeignKey):
    """A foreign key of the project's own class."""
