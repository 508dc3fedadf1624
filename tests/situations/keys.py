"""Reads that repeat without a relation: by key, by raw SQL, by lists of keys."""

from __future__ import annotations

from django.db import connection

from tests.shop.models import Order, OrderItem, Product, Tag
from tests.situations.situation import n_plus_one, situation


@situation(
    n_plus_one(3),
    fix="Product.objects.in_bulk(keys)",
    operations="get",
    rewrite={
        "    for key in": "    found = {0}\n    for key in",
        "Product.objects.get(pk=key)": "found[key]",
    },
)
def get_by_primary_key():
    names = []
    keys = list(Product.objects.values_list("pk", flat=True))
    for key in keys:
        names.append(Product.objects.get(pk=key).name)
    return names


@situation(
    n_plus_one(2),
    fix="{each.name: each for each in Tag.objects.filter(name__in=keys)}",
    rewrite={
        "    found = []\n": "    found = []\n    keys = names\n    known = {0}\n",
        "Tag.objects.get(name=name)": "known[name]",
    },
)
def get_by_another_column():
    names = ["new", "rare"]
    found = []
    for name in names:
        found.append(Tag.objects.get(name=name).name)
    return found


@situation(n_plus_one(2))
def get_by_two_columns():
    return [Tag.objects.get(name=name, pk__gt=0).name for name in ("new", "rare")]


@situation(
    n_plus_one(2),
    fix="{each.name: each for each in Tag.objects.filter(name__in=keys)}",
    rewrite={
        "    found = []\n": "    found = []\n    keys = names\n    known = {0}\n",
        "Tag.objects.get_or_create(name=name)": "(known[name], False)",
    },
)
def get_or_create_of_what_exists():
    names = ["new", "rare"]
    found = []
    for name in names:
        tag, created = Tag.objects.get_or_create(name=name)
        found.append((tag.name, created))
    return found


@situation(n_plus_one(3), operations="raw")
def raw_sql():
    names = []
    with connection.cursor() as cursor:
        for number in range(3):
            cursor.execute("SELECT name FROM shop_tag WHERE name = %s", [f"tag {number}"])
            names += cursor.fetchall()
    return names


@situation(n_plus_one(12))
def raw_sql_with_the_value_written_into_it():
    names = []
    with connection.cursor() as cursor:
        for number in range(12):
            cursor.execute(f"SELECT name FROM shop_tag WHERE id = {-number}")
            names += cursor.fetchall()
    return names


@situation(n_plus_one(5), operations="raw")
def raw_querysets():
    found = []
    for order in Order.objects.all():
        items = OrderItem.objects.raw(
            "SELECT * FROM shop_orderitem WHERE order_id = %s", [order.pk]
        )
        found.append(len(list(items)))
    return found


@situation(n_plus_one(3))
def in_lists_of_any_length():
    keys = list(Product.objects.values_list("pk", flat=True))
    return [len(Product.objects.filter(pk__in=keys[:stop])) for stop in range(1, 4)]


@situation(n_plus_one(5))
def the_other_side_of_a_relation_by_filter():
    return [OrderItem.objects.filter(order=order).count() for order in Order.objects.all()]
