"""Rows written one statement at a time."""

from __future__ import annotations

from django.db import connection
from django.db.models import F

from tests.shop.models import Company, Customer, Order, OrderItem, Product, Tag, Visit
from tests.situations.situation import situation, write_loop


@situation(
    write_loop(3),
    fix="Tag.objects.bulk_create(objects)",
    operations="insert",
    rewrite={
        "    for number in range(3):\n": "    objects = []\n    for number in range(3):\n",
        'Tag.objects.create(name=f"more {number}")': 'objects.append(Tag(name=f"more {number}"))',
        "    return": "    {0}\n    return",
    },
)
def create():
    for number in range(3):
        Tag.objects.create(name=f"more {number}")
    return sorted(Tag.objects.values_list("name", flat=True))


@situation(
    write_loop(3),
    fix="Tag.objects.bulk_create(objects)",
    rewrite={
        "    for number in range(3):\n": "    objects = []\n    for number in range(3):\n",
        "tag.save()": "objects.append(tag)",
        "    return": "    {0}\n    return",
    },
)
def save_of_new_rows():
    for number in range(3):
        tag = Tag(name=f"more {number}")
        tag.save()
    return sorted(Tag.objects.values_list("name", flat=True))


@situation(
    write_loop(3),
    fix="Visit.objects.bulk_create(objects)",
    rewrite={
        "    for _ in range(3):\n": "    objects = []\n    for _ in range(3):\n",
        "customer.visit_set.create()": "objects.append(Visit(customer=customer))",
        "    return": "    {0}\n    return",
    },
)
def create_on_a_relation():
    customer = Customer.objects.get(name="payer")
    for _ in range(3):
        customer.visit_set.create()
    return Visit.objects.filter(customer=customer).count()


@situation(
    write_loop(15),
    fix='OrderItem.objects.bulk_update(objects, ["quantity"])',
    operations="update",
    rewrite={
        "    for item in OrderItem": "    objects = []\n    for item in OrderItem",
        'item.save(update_fields=["quantity"])': "objects.append(item)",
        "    return": "    {0}\n    return",
    },
)
def save_of_named_columns():
    for item in OrderItem.objects.all():
        item.quantity += 1
        item.save(update_fields=["quantity"])
    return sum(OrderItem.objects.values_list("quantity", flat=True))


@situation(
    write_loop(15),
    fix="OrderItem.objects.bulk_update(objects, [...])",
    operations="update",
    rewrite={
        "    for item in OrderItem": "    objects = []\n    for item in OrderItem",
        "item.save()": "objects.append(item)",
        "    return": "    {0}\n    return",
        "[...]": '["quantity"]',  # as the explanation asks for
    },
)
def save_of_all_columns():
    for item in OrderItem.objects.all():
        item.quantity = 7
        item.save()
    return sum(OrderItem.objects.values_list("quantity", flat=True))


@situation(
    write_loop(15),
    fix='OrderItem.objects.bulk_update(objects, ["quantity"])',
    operations="update",
    rewrite={
        "    for item in OrderItem": "    objects = []\n    for item in OrderItem",
        "OrderItem.objects.filter(pk=item.pk).update(quantity=item.quantity + 1)": (
            "item.quantity += 1; objects.append(item)"
        ),
        "    return": "    {0}\n    return",
    },
)
def update():
    for item in OrderItem.objects.all():
        OrderItem.objects.filter(pk=item.pk).update(quantity=item.quantity + 1)
    return sum(OrderItem.objects.values_list("quantity", flat=True))


@situation(write_loop(3), operations="update")
def update_that_counts_on():
    item = OrderItem.objects.first()
    for _ in range(3):  # bulk_update() of one object thrice would count once
        OrderItem.objects.filter(pk=item.pk).update(quantity=F("quantity") + 1)


@situation(write_loop(5), operations="update")
def update_of_the_rows_of_a_condition():
    for key in list(Order.objects.values_list("pk", flat=True)):
        OrderItem.objects.filter(order_id=key).update(quantity=key)


@situation(
    write_loop(15),
    fix="OrderItem.objects.filter(pk__in=keys).delete()",
    operations="delete",
    rewrite={
        "    for item in OrderItem": "    keys = []\n    for item in OrderItem",
        "item.delete()": "keys.append(item.pk)",
        "    return": "    {0}\n    return",
    },
)
def delete():
    for item in OrderItem.objects.all():
        item.delete()
    return OrderItem.objects.count()


@situation(
    write_loop(3, "shop.Product.tags"),
    fix="Product.tags.through.objects.bulk_create(links, ignore_conflicts=True)",
    rewrite={
        "    for product in products:\n": "    links = []\n    for product in products:\n",
        "tag.products.add(product)": (
            "links.append(Product.tags.through(product=product, tag=tag))"
        ),
        "    return": "    {0}\n    return",
    },
)
def add_to_a_many_to_many():
    tag = Tag.objects.create(name="further")
    products = list(Product.objects.all())
    for product in products:
        tag.products.add(product)
    return tag.products.count()


@situation(write_loop(3), write_loop(3))
def create_of_rows_in_two_tables():
    for number in range(3):
        Company.objects.create(name=f"new {number}", number=number)
    return Company.objects.count()


@situation(
    write_loop(3),
    fix="cursor.executemany(sql, rows)",
    rewrite={
        "        for number in range(3):\n": "        rows = []\n        for number in range(3):\n",
        "cursor.execute(sql, [number])": "rows.append([number])",
        "    return": "        {0}\n    return",
    },
)
def raw_writes():
    sql = "UPDATE shop_orderitem SET quantity = quantity + %s"
    with connection.cursor() as cursor:
        for number in range(3):
            cursor.execute(sql, [number])
    return sum(OrderItem.objects.values_list("quantity", flat=True))
