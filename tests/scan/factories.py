"""What a file of hints names."""

from __future__ import annotations

from django.contrib.auth.models import User

from tests.shop.models import Category, Product


class ProductFactory:
    @staticmethod
    def create(**values):
        values.setdefault("category", Category.objects.create(name="of the factory"))
        return Product.objects.create(name="of the factory", **values)


def folder(**values):
    raise LookupError("the folder is missing")


def a_buyer():
    return User.objects.create(username="buyer", is_staff=True)
