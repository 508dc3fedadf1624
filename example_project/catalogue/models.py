"""What is sold."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models

from catalogue.querysets import CategoryQuerySet, ProductQuerySet


class Category(models.Model):
    name = models.CharField(max_length=80, unique=True)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    sku = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    price = models.DecimalField(
        max_digits=10, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    stock = models.PositiveIntegerField(default=0)

    objects = ProductQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
