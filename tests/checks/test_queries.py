"""``W131``, case by case: what is said without a request is what happens with one."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Count, Prefetch
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.test import APIRequestFactory

from nplusone_guard import capture
from tests.shop.models import (
    Category,
    Comment,
    Customer,
    Label,
    Order,
    OrderItem,
    Product,
    Tag,
)

NAMES = {"Count": Count, "Prefetch": Prefetch}


def model_serializer(of, names, depth=0, **fields):
    meta = type("Meta", (), {"model": of, "fields": names, "depth": depth})
    return type(
        f"{of.__name__}Serializer", (serializers.ModelSerializer,), {**fields, "Meta": meta}
    )


CustomerNames = model_serializer(Customer, ("name",))
CategoryNames = model_serializer(Category, ("name",))
CategoryParents = model_serializer(Category, ("name", "parent"), parent=CategoryNames())
Products = model_serializer(Product, ("name", "category"), category=CategoryNames())
Items = model_serializer(OrderItem, ("quantity", "product"), product=Products())
ItemsBack = model_serializer(
    OrderItem, ("customer_name",), customer_name=serializers.CharField(source="order.customer.name")
)
TagNames = model_serializer(Tag, ("name",))


def all_joined(queryset):
    """``select_related()`` without names, which Django 6.1 deprecates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return queryset.select_related()


def slug(**kwargs):
    return serializers.SlugRelatedField(slug_field="name", read_only=True, **kwargs)


class Plain(serializers.Serializer):
    label = serializers.CharField(source="label.text")
    tags = TagNames(many=True)


class Flat(serializers.Serializer):
    """Takes its fields from the row that the one above it has."""

    inner = CustomerNames(source="customer")


class Described(serializers.RelatedField):
    def to_representation(self, value):
        return {"name": value.name}


class Case(NamedTuple):
    """A serializer over a queryset, the relations that each row loads, and what loads them."""

    queryset: object
    serializer: type
    missing: frozenset[str] | set[str] = frozenset()
    code: str = ""


CASES = {
    "a nested serializer": Case(
        Order.objects.all(),
        model_serializer(Order, ("customer",), customer=CustomerNames()),
        {"shop.Order.customer"},
        '.select_related("customer")',
    ),
    "a nested serializer, joined": Case(
        Order.objects.select_related("customer"),
        model_serializer(Order, ("customer",), customer=CustomerNames()),
    ),
    "a nested serializer, prefetched": Case(
        Order.objects.prefetch_related("customer"),
        model_serializer(Order, ("customer",), customer=CustomerNames()),
    ),
    "a dotted source": Case(
        OrderItem.objects.all(),
        model_serializer(
            OrderItem, ("category",), category=serializers.CharField(source="product.category.name")
        ),
        {"shop.OrderItem.product", "shop.Product.category"},
        '.select_related("product__category")',
    ),
    "a dotted source, half of it joined": Case(
        OrderItem.objects.select_related("product"),
        model_serializer(
            OrderItem, ("category",), category=serializers.CharField(source="product.category.name")
        ),
        {"shop.Product.category"},
        '.select_related("product__category")',
    ),
    "the key of a related row, through the row": Case(
        Order.objects.all(),
        model_serializer(Order, ("who",), who=serializers.IntegerField(source="customer.id")),
        {"shop.Order.customer"},
        '.select_related("customer")',
    ),
    "the key, from its column": Case(
        Order.objects.all(),
        model_serializer(Order, ("who",), who=serializers.IntegerField(source="customer_id")),
    ),
    "two nested serializers, one of them of many": Case(
        Order.objects.all(),
        model_serializer(
            Order, ("customer", "items"), customer=CustomerNames(), items=Items(many=True)
        ),
        {"shop.Order.customer", "shop.Order.items", "shop.OrderItem.product"}
        | {"shop.Product.category"},
        '.select_related("customer").prefetch_related("items__product__category")',
    ),
    "many, prefetched, and what they nest is not": Case(
        Order.objects.prefetch_related("items"),
        model_serializer(Order, ("items",), items=Items(many=True)),
        {"shop.OrderItem.product", "shop.Product.category"},
        '.prefetch_related("items__product__category")',
    ),
    "many, with all that they nest": Case(
        Order.objects.prefetch_related("items__product__category"),
        model_serializer(Order, ("items",), items=Items(many=True)),
    ),
    "a Prefetch whose queryset joins": Case(
        Order.objects.prefetch_related(
            Prefetch("items", OrderItem.objects.select_related("product__category"))
        ),
        model_serializer(Order, ("items",), items=Items(many=True)),
    ),
    "a Prefetch whose queryset prefetches half of it": Case(
        Order.objects.prefetch_related(
            Prefetch("items", OrderItem.objects.prefetch_related("product"))
        ),
        model_serializer(Order, ("items",), items=Items(many=True)),
        {"shop.Product.category"},
        '.prefetch_related("items__product__category")',
    ),
    "a Prefetch to an attribute": Case(
        Order.objects.prefetch_related(
            Prefetch("items", OrderItem.objects.filter(quantity__gt=0), to_attr="some")
        ),
        model_serializer(Order, ("some",), some=Items(many=True)),
        {"shop.OrderItem.product", "shop.Product.category"},
        '.prefetch_related("some__product__category")',
    ),
    "a Prefetch to an attribute, complete": Case(
        Order.objects.prefetch_related(
            Prefetch("items", to_attr="some"), Prefetch("some__product__category")
        ),
        model_serializer(Order, ("some",), some=Items(many=True)),
    ),
    "a Prefetch to an attribute, and the relation is read": Case(
        Order.objects.prefetch_related(Prefetch("items", to_attr="some")),
        model_serializer(
            Order, ("items",), items=model_serializer(OrderItem, ("quantity",))(many=True)
        ),
        {"shop.Order.items"},
        '.prefetch_related("items")',
    ),
    "back from many to the row they hang on": Case(
        Order.objects.select_related("customer").prefetch_related("items"),
        model_serializer(Order, ("items",), items=ItemsBack(many=True)),
    ),
    "back from many, and on": Case(
        Order.objects.prefetch_related("items"),
        model_serializer(Order, ("items",), items=ItemsBack(many=True)),
        {"shop.Order.customer"},
        '.select_related("customer")',
    ),
    "one-to-one, seen from the other side": Case(
        Product.objects.all(),
        model_serializer(
            Product, ("label_text",), label_text=serializers.CharField(source="label.text")
        ),
        {"shop.Product.label"},
        '.select_related("label")',
    ),
    "one-to-one, joined": Case(
        Product.objects.select_related("label"),
        model_serializer(
            Product, ("label_text",), label_text=serializers.CharField(source="label.text")
        ),
    ),
    "keys of the row: no query": Case(
        Order.objects.all(), model_serializer(Order, ("id", "customer", "payer"))
    ),
    "the key of a reverse one-to-one is not in the row": Case(
        Product.objects.all(),
        model_serializer(
            Product, ("label",), label=serializers.PrimaryKeyRelatedField(read_only=True)
        ),
        {"shop.Product.label"},
        '.select_related("label")',
    ),
    "keys of many": Case(
        Product.objects.all(),
        model_serializer(Product, ("name", "tags")),
        {"shop.Product.tags"},
        '.prefetch_related("tags")',
    ),
    "keys of many, prefetched": Case(
        Product.objects.prefetch_related("tags"), model_serializer(Product, ("name", "tags"))
    ),
    "many from their other side": Case(
        Tag.objects.all(),
        model_serializer(Tag, ("products",)),
        {"shop.Tag.products"},
        '.prefetch_related("products")',
    ),
    "a slug": Case(
        Order.objects.all(),
        model_serializer(Order, ("customer",), customer=slug()),
        {"shop.Order.customer"},
        '.select_related("customer")',
    ),
    "a slug across a relation": Case(
        OrderItem.objects.all(),
        model_serializer(
            OrderItem,
            ("product",),
            product=serializers.SlugRelatedField(slug_field="category__name", read_only=True),
        ),
        {"shop.OrderItem.product", "shop.Product.category"},
        '.select_related("product__category")',
    ),
    "slugs of many": Case(
        Product.objects.all(),
        model_serializer(Product, ("tags",), tags=slug(many=True)),
        {"shop.Product.tags"},
        '.prefetch_related("tags")',
    ),
    "the text of a related row": Case(
        Order.objects.all(),
        model_serializer(Order, ("customer",), customer=serializers.StringRelatedField()),
        {"shop.Order.customer"},
        '.select_related("customer")',
    ),
    "a related field of the project's": Case(
        Order.objects.all(),
        model_serializer(Order, ("customer",), customer=Described(read_only=True)),
        {"shop.Order.customer"},
        '.select_related("customer")',
    ),
    "depth": Case(
        OrderItem.objects.all(),
        model_serializer(OrderItem, ("product",), depth=2),
        {"shop.OrderItem.product", "shop.Product.category", "shop.Product.tags"}
        | {"shop.Product.featured_tags"},
        '.select_related("product__category")'
        '.prefetch_related("product__tags", "product__featured_tags")',
    ),
    "no model behind the serializer": Case(
        Product.objects.all(),
        Plain,
        {"shop.Product.label", "shop.Product.tags"},
        '.select_related("label").prefetch_related("tags")',
    ),
    'a serializer with source="*"': Case(
        Order.objects.all(),
        model_serializer(Order, ("flat",), flat=Flat(source="*")),
        {"shop.Order.customer"},
        '.select_related("customer")',
    ),
    "what is only written": Case(
        Order.objects.all(),
        model_serializer(Order, ("customer",), customer=CustomerNames(write_only=True)),
    ),
    "many of many, through one": Case(
        OrderItem.objects.all(),
        model_serializer(OrderItem, ("tags",), tags=TagNames(many=True, source="product.tags")),
        {"shop.OrderItem.product", "shop.Product.tags"},
        '.select_related("product").prefetch_related("product__tags")',
    ),
    "all() in a source": Case(
        Product.objects.all(),
        model_serializer(Product, ("all",), all=TagNames(many=True, source="tags.all")),
        {"shop.Product.tags"},
        '.prefetch_related("tags")',
    ),
    "a generic key": Case(
        Comment.objects.all(),
        model_serializer(Comment, ("about",), about=serializers.StringRelatedField()),
        {"shop.Comment.about"},
        '.prefetch_related("about")',
    ),
    "select_related() without names": Case(
        all_joined(Order.objects.all()),
        model_serializer(Order, ("customer",), customer=CustomerNames()),
    ),
    "select_related() without names leaves out what can be null": Case(
        all_joined(Order.objects.all()),
        model_serializer(Order, ("payer",), payer=CustomerNames()),
        {"shop.Order.payer"},
        '.select_related("payer")',
    ),
    "a serializer that nests itself by a tree": Case(
        Category.objects.select_related("parent"),
        CategoryParents,
    ),
    "a label, forward, and back by its one-to-one": Case(
        Label.objects.select_related("product"),
        model_serializer(
            Label, ("text",), text=serializers.CharField(source="product.label.product.name")
        ),
    ),
}


def view_of(case, base=ListAPIView):
    return type(
        "Shown",
        (base,),
        {
            "queryset": case.queryset,
            "serializer_class": case.serializer,
            "permission_classes": (AllowAny,),
            "throttle_classes": (),
            "__module__": __name__,
        },
    )


def relations(messages):
    """The relations that messages name."""
    lines = [line for message in messages for line in message.msg.splitlines()[1:]]
    return {line.split(",")[0].strip() for line in lines}


def happened(view, **kwargs):
    """The relations of the N+1s that a request has."""
    with capture() as report:
        response = view.as_view()(APIRequestFactory().get("/"), **kwargs)
        response.render()
    assert response.status_code == 200
    return {
        place.relation
        for finding in report.findings
        if finding.kind == "n_plus_one"
        for place in finding.walk()
    }


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_said_is_what_happens(said, shop, case):
    ContentType.objects.clear_cache()
    view = view_of(case)
    assert relations(said(view, only={"W131"})) == case.missing
    assert happened(view) == case.missing


@pytest.mark.parametrize(
    "case", [case for case in CASES.values() if case.code], ids=[k for k in CASES if CASES[k].code]
)
def test_the_code_to_type_loads_it(said, shop, case):
    (message,) = said(view_of(case), only={"W131"})
    assert message.hint.partition(" on ")[0] == case.code
    mended = eval(f"queryset{case.code}", NAMES | {"queryset": case.queryset})
    view = view_of(case._replace(queryset=mended))
    assert said(view, only={"W131"}) == []
    assert happened(view) == set()


def fetching_peers(*lookups):
    lookups = [lookup() if callable(lookup) else lookup for lookup in lookups]
    return Order.objects.prefetch_related(*lookups).fetch_mode(models.FETCH_PEERS)


def peers_of(lookup):
    rows = OrderItem.objects
    return lambda: Prefetch(lookup, rows.fetch_mode(models.FETCH_PEERS))


@pytest.mark.skipif(not hasattr(models, "FETCH_PEERS"), reason="fetch modes came with Django 6.1")
@pytest.mark.parametrize(
    ("lookups", "missing"),
    [
        ((), {"shop.Order.items", "shop.OrderItem.product", "shop.Product.category"}),
        (("items",), {"shop.OrderItem.product", "shop.Product.category"}),
        (("items__product",), {"shop.Product.category"}),
        ((peers_of("items"),), set()),
        (("customer",), {"shop.Order.items", "shop.OrderItem.product", "shop.Product.category"}),
    ],
)
def test_keys_that_are_fetched_for_all_rows_of_one_query_are_no_n_plus_one(
    said, shop, lookups, missing
):
    serializer = CASES["two nested serializers, one of them of many"].serializer
    view = view_of(Case(fetching_peers(*lookups), serializer))
    assert relations(said(view, only={"W131"})) == missing
    assert happened(view) == missing
