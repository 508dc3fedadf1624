"""The shop's rows, with a ``__str__`` that needs more than the row: admin and forms call it."""

from __future__ import annotations

from django.db import models

from tests.shop.models import Order, OrderItem


class SpokenOrder(Order):
    class Meta:
        proxy = True

    def __str__(self) -> str:
        return f"order of {self.customer.name}"

    @property
    def payer_name(self) -> str:
        return self.payer.name


class SpokenItem(OrderItem):
    class Meta:
        proxy = True

    def __str__(self) -> str:
        return f"{self.quantity} x {self.product.name}"


class Room(models.Model):
    name = models.CharField(max_length=50)


class Shelf(models.Model):
    name = models.CharField(max_length=50, unique=True)
    room = models.ForeignKey(Room, models.CASCADE)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.name} in {self.room.name}"


class Box(models.Model):
    name = models.CharField(max_length=50)
    shelf = models.ForeignKey(Shelf, models.CASCADE)
    shelves = models.ManyToManyField(Shelf, related_name="spare_boxes")
