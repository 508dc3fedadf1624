"""A small shop: every kind of relation that the tests need."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models

from tests.shop.graph import Author, Book, Note, Profile, Region, Topic
from tests.shop.querysets import InvoiceManager, OwnerKey

__all__ = ["Author", "Book", "Note", "Profile", "Region", "Topic"]  # of a file of their own


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
    """With names of its own where a suggestion would like to put its."""

    name = models.CharField(max_length=50)

    @property
    def orders_count(self):
        return "never counted"

    def first_orders(self):
        return "never sorted"


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


class Supplier(models.Model):
    name = models.CharField(max_length=50)
    products = models.ManyToManyField(Product, through="Supply", related_name="suppliers")


class Supply(models.Model):
    """The rows of a many-to-many relation with a price on each; named by what it joins."""

    supplier = models.ForeignKey(Supplier, models.CASCADE)
    product = models.ForeignKey(Product, models.CASCADE)
    price = models.IntegerField(default=1)

    def __str__(self):
        return f"{self.supplier.name}: {self.product.name}"

    @property
    def category_name(self):
        return self.product.category.name


class Party(models.Model):
    """Of one table with what all parties have; companies add one of their own."""

    name = models.CharField(max_length=50)
    note = models.TextField(default="")


class Company(Party):
    number = models.IntegerField(default=0)
    seat = models.ForeignKey("Folder", models.CASCADE, null=True)


class Contract(models.Model):
    party = models.ForeignKey(Party, models.CASCADE, related_name="contracts")
    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="own_contracts")


class LoyalCustomer(Customer):
    class Meta:
        proxy = True


class Written(models.Model):
    author = models.ForeignKey(Customer, models.CASCADE, related_name="%(class)ss_written")

    class Meta:
        abstract = True


class Invoice(Written):
    number = models.IntegerField(unique=True)
    year = models.IntegerField(default=2025)
    paid = models.BooleanField(default=False)
    void = models.BooleanField(default=False)
    order = models.ForeignKey(Order, models.CASCADE, related_name="invoices")
    issuer = OwnerKey(Customer, models.CASCADE, related_name="invoices_issued")

    objects = InvoiceManager()


class Payment(models.Model):
    """Points at an invoice's number, not at its key."""

    invoice = models.ForeignKey(
        Invoice, models.CASCADE, to_field="number", related_query_name="paid_by"
    )
    amount = models.IntegerField(default=1)


class Folder(models.Model):
    """A tree, and a chain: each folder knows the one that comes next."""

    name = models.CharField(max_length=50, unique=True)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    next = models.OneToOneField("self", models.CASCADE, null=True, related_name="previous")
    remarks = GenericRelation("Remark")


class Visit(models.Model):
    """More rows than the recorder remembers of one query."""

    customer = models.ForeignKey(Customer, models.CASCADE)


class Remark(models.Model):
    """On folders, which know theirs, and on products, which do not."""

    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    about = GenericForeignKey("content_type", "object_id")
    text = models.CharField(max_length=50)
