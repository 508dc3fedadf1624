from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from catalogue.models import Category, Product


@pytest.fixture
def product(db):
    category = Category.objects.create(name="Books")
    return Product.objects.create(category=category, sku="B1", name="A book", price=Decimal(10))


def test_products_and_categories_are_shown_by_name(product):
    assert str(product) == "A book"
    assert str(product.category) == "Books"


def test_a_category_with_products_can_not_be_deleted(product):
    with pytest.raises(ProtectedError):
        product.category.delete()


@pytest.mark.parametrize(
    ("field", "value"), [("price", Decimal(0)), ("price", Decimal("1.999")), ("stock", -1)]
)
def test_a_product_that_can_not_be_is_not_valid(product, field, value):
    setattr(product, field, value)
    with pytest.raises(ValidationError) as caught:
        product.full_clean()
    assert list(caught.value.error_dict) == [field]
