"""The code of a fix is read through a whitelist, and never evaluated."""

from __future__ import annotations

import pytest

from nplusone_guard.lab.operations import NotMechanical, applied, code_of, parse, together
from nplusone_guard.lab.variants import joined
from tests.shop.models import Comment, Order, Product


@pytest.mark.parametrize(
    ("code", "calls"),
    [
        ('select_related("a", "b__c")', 'select_related("a", "b__c")'),
        ('only("a").select_related("b")', 'only("a").select_related("b")'),
        ('defer(None).defer("a")', 'defer(None).defer("a")'),
        ('objects.prefetch_related("a")', 'prefetch_related("a")'),
        ('list_select_related = ["a", "b"]', 'select_related("a", "b")'),
        ('queryset = Order.objects.select_related("a")', 'select_related("a")'),
        (
            'def get_queryset(self):\n    return super().get_queryset().select_related("a")',
            'select_related("a")',
        ),
        (
            'prefetch_related("a", Prefetch("b", queryset=Order.objects.select_related("c")))',
            'prefetch_related("a", Prefetch("b", queryset=Order.objects.select_related("c")))',
        ),
        (
            'prefetch_related(GenericPrefetch("b", [Product.objects.select_related("c")]))',
            'prefetch_related(GenericPrefetch("b", [Product.objects.select_related("c")]))',
        ),
        ('prefetch_related(Prefetch("b"))', 'prefetch_related("b")'),
    ],
)
def test_what_loads_is_read(code, calls):
    assert code_of(parse(code)) == calls


FORM = """def __init__(self, *args, **kwargs):
    super().__init__(*args, **kwargs)
    self.fields["shelf"].queryset = self.fields["shelf"].queryset.select_related("room")
    self.fields["box"].queryset = self.fields["box"].queryset.prefetch_related("lids")"""
ADMIN = """def formfield_for_foreignkey(self, db_field, request, **kwargs):
    field = super().formfield_for_foreignkey(db_field, request, **kwargs)
    if db_field.name == "shelf":
        field.queryset = field.queryset.select_related("room")
    return field"""


@pytest.mark.parametrize(
    ("code", "field", "calls"),
    [
        (FORM, "shelf", 'select_related("room")'),
        (FORM, "box", 'prefetch_related("lids")'),
        (ADMIN, "shelf", 'select_related("room")'),
    ],
)
def test_what_a_method_gives_a_field_is_read(code, field, calls):
    assert code_of(parse(code, field)) == calls


def test_what_it_gives_another_field_is_not():
    with pytest.raises(NotMechanical, match="changes no queryset"):
        parse(ADMIN, "box")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "changes no queryset"),
        ('annotate(n=Count("items"))', "the code that reads must take"),
        ('prefetch_related(Prefetch("a", queryset=A.objects.all(), to_attr="b"))', "attribute"),
        ("Product.objects.in_bulk(keys)", "in_bulk() is more than"),
        ("{each.name: each for each in Tag.objects.all()}", "no call on a queryset"),
        ('select_related(__import__("os").system("true"))', "argument is no lookup|no name"),
        ('select_related(f"{x}")', "no name"),
        ('prefetch_related(Prefetch("a", queryset=A.objects.raw("DROP TABLE a")))', "raw() is"),
        ('prefetch_related(Prefetch("a", queryset=A.objects.filter(b=1)))', "filter() is"),
        ("import os", "code of a class"),
        ("def delete(self):\n    return select_related('a')", "code of a class"),
        ("select_related(", "no code that stands alone"),
        ("select_related(a=1)", "no keywords"),
        ("select_related(*names)", "no name"),
        ('__class__.select_related("a")()', "more than"),
    ],
)
def test_anything_else_is_not_mechanical(code, reason):
    with pytest.raises(NotMechanical) as error:
        parse(code)
    assert any(each in str(error.value) for each in reason.split("|"))


@pytest.mark.parametrize(
    "code",
    [
        'prefetch_related(Prefetch("items", queryset=Nobody.objects.all()))',
        'prefetch_related(Prefetch("items", queryset=Order.delete.all()))',
    ],
)
def test_a_name_that_is_no_model_s_or_manager_s_is_no_queryset(code):
    with pytest.raises(NotMechanical):
        applied(Order.objects.all(), parse(code))


def test_calls_of_several_fixes_come_in_an_order_that_works():
    parts = [
        'prefetch_related("items__product__tags")',
        'select_related("customer")',
        'prefetch_related(Prefetch("items", queryset=OrderItem.objects.select_related("product")))',
        'only("note")',
        'select_related("customer")',
    ]
    assert code_of(together(map(parse, parts))) == (
        'only("note").select_related("customer").prefetch_related(Prefetch("items", '
        'queryset=OrderItem.objects.select_related("product")), "items__product__tags")'
    )


@pytest.mark.parametrize(
    ("model", "before", "after"),
    [
        (
            Order,
            '"items__product__category"',
            'OrderItem.objects.select_related("product__category")',
        ),
        (Order, '"items__product__label"', 'OrderItem.objects.select_related("product__label")'),
        (Order, '"items"', None),
        (Order, '"items__product__tags"', None),
        (Order, '"customer__orders__payer"', 'Order.objects.select_related("payer")'),
        (Product, '"tags__products__category"', 'Product.objects.select_related("category")'),
        (Comment, '"about__category"', None),
    ],
)
def test_a_prefetch_joins_what_is_beyond_its_last_many(model, before, after):
    (call,) = joined(model, parse(f"prefetch_related({before})"))
    (argument,) = call.arguments
    assert (str(argument.rows[0]) if after else f'"{argument}"') == (after or before)
