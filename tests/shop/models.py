"""A small shop: every kind of relation that the tests need."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Category(models.Model):
    name = models.CharField(max_length=50)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")


class Tag(models.Model):
    name = models.CharField(max_length=50)


class Product(models.Model):
    name = models.CharField(max_length=50)
    description = models.TextField(default="")
    category = models.ForeignKey(Category, models.CASCADE, null=True, related_name="products")
    tags = models.ManyToManyField(Tag, related_name="products")
    featured_tags = models.ManyToManyField(Tag, related_name="featured_products")


class Label(models.Model):
    """One to one with a product, seen from both sides."""

    product = models.OneToOneField(Product, models.CASCADE, related_name="label")
    text = models.CharField(max_length=50)


class Customer(models.Model):
    name = models.CharField(max_length=50)


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="orders")
    payer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="paid_orders")
    note = models.TextField(default="")


class OrderItem(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, models.CASCADE)
    quantity = models.IntegerField(default=1)


class Comment(models.Model):
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    about = GenericForeignKey("content_type", "object_id")
    text = models.CharField(max_length=50)
