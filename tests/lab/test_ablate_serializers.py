"""Random serializers over random querysets: what is planted is found, and nothing else.

More of them: ``ABLATIONS=400 pytest tests/lab/test_ablate_serializers.py``.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field

import pytest
from django.db.models import Prefetch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rest_framework import serializers

from nplusone_guard.lab import ablate
from tests.shop.models import Category, Customer, Invoice, Order, OrderItem, Product, Tag

pytestmark = pytest.mark.django_db(databases="__all__")

#: Of each model: narrow columns, wide ones, and relations as (name, model, many).
MODELS = {
    Order: (
        ["id"],
        ["note"],
        [
            ("customer", Customer, False),
            ("payer", Customer, False),
            ("items", OrderItem, True),
            ("invoices", Invoice, True),
        ],
    ),
    OrderItem: (["id", "quantity"], [], [("product", Product, False)]),
    Product: (
        ["id", "name"],
        ["description"],
        [("category", Category, False), ("tags", Tag, True)],
    ),
    Customer: (["id", "name"], [], []),
    Category: (["id", "name"], [], []),
    Invoice: (["id", "number", "year"], [], []),
    Tag: (["id", "name"], [], []),
}


@dataclass
class Node:
    """Rows of a model: what is shown of them, what is loaded ahead, and what follows."""

    model: type
    shown: list[str] = field(default_factory=list)
    relations: dict[str, Relation] = field(default_factory=dict)


@dataclass
class Relation:
    node: Node
    many: bool
    read: bool
    ahead: bool
    own_query: bool  # a prefetch with a queryset, which joins what it can


@st.composite
def nodes(draw, model=Order, *, read=True):
    narrow, wide, relations = MODELS[model]
    node = Node(model)
    node.shown = draw(st.lists(st.sampled_from(narrow), min_size=1, unique=True))
    node.shown += draw(st.lists(st.sampled_from(wide), unique=True)) if wide else []
    for name, target, many in relations:
        kind = draw(st.sampled_from(["neither", "read", "ahead", "both"]))
        shown = read and kind in {"read", "both"}
        ahead = kind in {"ahead", "both"}
        if shown or ahead:
            further = draw(nodes(target, read=shown))
            node.relations[name] = Relation(further, many, shown, ahead, draw(st.booleans()))
    return node


def serializer(node):
    names = [*node.shown, *(name for name, each in node.relations.items() if each.read)]
    meta = type("Meta", (), {"model": node.model, "fields": names})
    nested = {
        name: serializer(each.node)(many=each.many)
        for name, each in node.relations.items()
        if each.read
    }
    name = f"{node.model.__name__}Serializer"
    return type(name, (serializers.ModelSerializer,), {"Meta": meta, **nested})


def queryset(node):
    """Loads ahead what the tree says: joins, lookups by name, prefetches with a queryset."""
    rows = node.model.objects.order_by("pk")
    joins, lookups = ahead(node)
    return (rows.select_related(*joins) if joins else rows).prefetch_related(*lookups)


def ahead(node):
    joins, lookups = [], []
    for name, each in node.relations.items():
        if not each.ahead:
            continue
        further, beyond = ahead(each.node)
        if each.many and each.own_query:
            lookups.append(Prefetch(name, queryset=queryset(each.node)))
        elif each.many:
            lookups += [name, *(f"{name}__{path}" for path in (*further, *map(text, beyond)))]
        else:
            joins += [name, *(f"{name}__{path}" for path in further)]
            lookups += [under(name, lookup) for lookup in beyond]
    return joins, lookups


def text(lookup):
    return lookup if isinstance(lookup, str) else lookup.prefetch_through


def under(name, lookup):
    if isinstance(lookup, str):
        return f"{name}__{lookup}"
    return Prefetch(f"{name}__{lookup.prefetch_through}", queryset=lookup.queryset)


def planted(node):
    """The relations that are loaded ahead of rows that are read, and for nobody."""
    for name, each in node.relations.items():
        if each.ahead and each.read:
            yield from planted(each.node)
        elif each.ahead:
            yield name


def ahead_for_nobody(node):
    """Those, and what is loaded ahead behind them."""
    for name, each in node.relations.items():
        if each.ahead:
            yield from ahead_for_nobody(each.node)
        if each.ahead and not each.read:
            yield name


def read_rows(node):
    """Of models with rows that are read, and that a queryset loads."""
    yield node
    for each in node.relations.values():
        if each.read and each.ahead:
            yield from read_rows(each.node)


@pytest.fixture
def texts(shop):
    Order.objects.update(note="n" * 300)
    Product.objects.update(description="d" * 200)


@settings(
    max_examples=int(os.environ.get("ABLATIONS", "15")),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink one takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(nodes())
def test_planted_lookups_and_wide_columns_are_found_and_no_others(texts, node):
    shown = serializer(node)

    def call():
        return json.dumps(shown(queryset(node), many=True).data, default=str)

    found = ablate(call, runs=0)
    assert found.unstable == ""
    # Each relation of the tree has a name of its own, and is told by it.
    told = {each.path.rpartition("__")[2] for each in found.lookups}
    assert set(planted(node)) <= told, str(found)
    assert told <= set(ahead_for_nobody(node)), str(found)
    wide = {column.name.rpartition("__")[2] for each in found.columns for column in each.wide}
    assert wide == {
        column
        for each in read_rows(node)
        for column in MODELS[each.model][1]
        if column not in each.shown
    }, str(found)
