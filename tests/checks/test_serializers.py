"""``W121`` and ``I121``: what serializers show."""

from __future__ import annotations

from pathlib import Path

import pytest
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.views import APIView

from tests.checks.bad import serializers as known  # a module that views know
from tests.shop.models import Category, Customer, Order, Product


class Explicit(serializers.ModelSerializer):
    class Meta:
        model = Customer
        fields = ("id", "name")


class Everything(serializers.ModelSerializer):
    orders = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

    class Meta:
        model = Customer
        fields = "__all__"


class TakesItsMeta(Everything):
    pass


class Named(serializers.ModelSerializer):
    class Meta(Everything.Meta):
        fields = ("id",)


class All(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = serializers.ALL_FIELDS


def view_of(serializer):
    return type(
        "Shown",
        (ListAPIView,),
        {
            "queryset": Customer.objects.prefetch_related("orders"),
            "serializer_class": serializer,
            "__module__": "tests.checks.sound",
        },
    )


def line_of(text, after):
    lines = Path(__file__).read_text().splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(after))
    return next(n for n, line in enumerate(lines, 1) if n > start and text in line)


def test_fields_that_are_not_named(said):
    (warning,) = said(view_of(Everything), only={"W121"})
    line = line_of("fields =", after="class Everything")
    assert warning.obj == f"tests/checks/test_serializers.py:{line} Everything"
    assert warning.msg == (
        'fields = "__all__" shows and accepts every column of shop.Customer, those that are added '
        "later too."
    )
    assert warning.hint == 'fields = ["id", "orders", "name"]'


def test_the_constant_says_the_same(said):
    (warning,) = said(view_of(All), only={"W121"})
    assert warning.hint == 'fields = ["id", "note", "customer", "payer"]'


@pytest.mark.parametrize("serializer", [Explicit, Named, TakesItsMeta])
def test_named_fields_and_what_another_class_says_are_left_alone(said, serializer):
    assert said(view_of(serializer), only={"W121"}) == []


class Outer(serializers.Serializer):
    inner = Everything(many=True)


def test_nested_serializers_are_looked_at(said):
    (warning,) = said(view_of(Outer), only={"W121"})
    assert warning.obj.endswith(" Everything")


class NeedsArguments(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = "__all__"

    def __init__(self, *args, shop, **kwargs):
        super().__init__(*args, **kwargs)


class SelectsBy(ListAPIView):
    queryset = Product.objects.all()

    def get_serializer_class(self):
        return NeedsArguments if self.request.query_params.get("all") else Explicit


def test_serializers_that_a_views_module_knows_are_looked_at(said):
    assert known.CustomerSerializer
    found = {message.obj.split()[-1]: message.hint for message in said(SelectsBy, only={"W121"})}
    assert found.keys() == {"Everything", "All", "NeedsArguments", "CustomerSerializer"}
    assert found["NeedsArguments"] == 'fields = ["id", "name", "description", "category"]'


class Elsewhere(APIView):
    __module__ = "tests.checks.sound"


def test_serializers_that_no_view_knows_are_not(said):
    assert said(Elsewhere, only={"W121"}) == []


# --- I121: nesting ---


def nested(levels, *, many=False):
    fields = {"id": serializers.IntegerField()}
    if levels:
        fields["parent"] = nested(levels - 1, many=many)(many=many)
    return type(f"Level{levels}", (serializers.Serializer,), {**fields, "__module__": __name__})


def tree_of(serializer):
    return type(
        "Tree", (ListAPIView,), {"queryset": Category.objects.all(), "serializer_class": serializer}
    )


@pytest.mark.parametrize("levels", [0, 1, 2, 3])
def test_three_levels_are_left_alone(said, levels):
    assert said(tree_of(nested(levels)), only={"I121"}) == []


def test_a_fourth_level_is_told_of(said):
    (info,) = said(tree_of(nested(4)), only={"I121"})
    assert info.msg == (
        "It nests 4 levels of objects: parent.parent.parent.parent. Each level multiplies the "
        "response and needs a prefetch of its own."
    )
    assert info.hint == (
        "parent = serializers.PrimaryKeyRelatedField(read_only=True) in place of what "
        "parent.parent.parent.parent nests, and an endpoint of its own for that."
    )


def test_ids_of_many_stand_for_many(said):
    (info,) = said(tree_of(nested(5, many=True)), only={"I121"})
    assert info.hint.startswith("parent = serializers.PrimaryKeyRelatedField(many=True, read_only")
    assert "It nests 5 levels of objects" in info.msg


class Deep(serializers.ModelSerializer):
    class Meta:
        model = Category
        fields = ("parent",)
        depth = 4


def test_depth_nests_too(said):
    (info,) = said(tree_of(Deep), only={"I121"})
    assert "It nests 4 levels" in info.msg


class Endless(serializers.Serializer):
    def get_fields(self):
        return {"parent": Endless()}


def test_a_serializer_that_nests_itself_ends(said):
    (info,) = said(tree_of(Endless), only={"I121"})
    assert info.msg.startswith("It nests at least 13 levels of objects: parent.parent.")
