"""The same question again, and nothing was written meanwhile."""

from __future__ import annotations

from tests.shop.models import Order, Product, Tag
from tests.situations.situation import duplicate, situation


@situation(duplicate(3))
def the_same_question_in_a_loop():
    key = Product.objects.values_list("pk", flat=True).first()
    return [Product.objects.get(pk=key).name for _ in range(3)]


@situation(duplicate(1), duplicate(1))
def the_same_question_from_two_places():
    before = Tag.objects.count()
    names = [order.note for order in Order.objects.all()]
    after = Tag.objects.count()
    return before, names, after


def _tags():
    return Tag.objects.filter(name="new")


@situation(duplicate(1), duplicate(1), duplicate(1))
def the_same_question_from_three_places():
    found = [len(_tags())]
    found.append(len(_tags()))
    found.append(len(_tags()))
    return found


@situation(duplicate(1, "shop.Product.tags"), duplicate(1, "shop.Product.tags"))
def the_same_relation_of_one_row_twice():
    product = Product.objects.get(name="book 0")
    return len(product.tags.all()), [tag.name for tag in product.tags.all()]
