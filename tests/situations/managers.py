"""Writes through managers: those that look first, and those of relations."""

from __future__ import annotations

from tests.shop.models import Customer, Folder, Invoice, Order, Product, Supplier, Tag
from tests.situations.situation import n_plus_one, situation, write_loop


@situation(
    write_loop(3),
    n_plus_one(3),
    fix="Folder.objects.bulk_create(objects, ignore_conflicts=True)",
    rewrite={
        "    for number in range(3):\n": "    objects = []\n    for number in range(3):\n",
        'Folder.objects.get_or_create(name=f"new {number}")': (
            'objects.append(Folder(name=f"new {number}"))'
        ),
        "    return": "    {0}\n    return",
    },
)
def get_or_create_by_a_unique_column():
    for number in range(3):
        Folder.objects.get_or_create(name=f"new {number}")
    return sorted(Folder.objects.values_list("name", flat=True))


@situation(write_loop(3), n_plus_one(3))
def get_or_create_by_a_column_that_is_not_unique():
    for number in range(3):
        Tag.objects.get_or_create(name=f"more {number}")
    return Tag.objects.count()


@situation(write_loop(3), n_plus_one(3))
def get_or_create_by_another_case_of_a_unique_column():
    for number in range(3):
        Folder.objects.get_or_create(
            name__iexact=f"NEW {number}", defaults={"name": f"new {number}"}
        )
    return sorted(Folder.objects.values_list("name", flat=True))


@situation(
    write_loop(3),
    n_plus_one(3),
    fix="Folder.objects.bulk_create(objects, update_conflicts=True, "
    'unique_fields=["name"], update_fields=[...])',
    rewrite={
        "    for name in names:\n": "    objects = []\n    for name in names:\n",
        'Folder.objects.update_or_create(name=name, defaults={"parent": root})': (
            "objects.append(Folder(name=name, parent=root))"
        ),
        "    return": "    {0}\n    return",
        "[...]": '["parent"]',  # as the explanation asks for
    },
)
def update_or_create_by_a_unique_column():
    root = Folder.objects.get(name="root")
    names = ["folder 3", "folder 4", "folder 5"]
    for name in names:
        Folder.objects.update_or_create(name=name, defaults={"parent": root})
    return sorted(Folder.objects.values_list("name", "parent"))


@situation(
    write_loop(3, "shop.Product.tags"),
    write_loop(3, "shop.Product.tags"),
    n_plus_one(3, "shop.Product.tags"),
)
def set_of_a_many_to_many():
    tag = Tag.objects.create(name="further")
    products = list(Product.objects.all())
    for product in products:
        product.tags.set([tag])
    return tag.products.count()


@situation(
    write_loop(3, "shop.Product.tags"),
    fix="Product.tags.through.objects.filter(product__in=objects).delete()",
    rewrite={
        "    for product in products:\n": "    objects = []\n    for product in products:\n",
        "product.tags.clear()": "objects.append(product)",
        "    return": "    {0}\n    return",
    },
)
def clear_of_a_many_to_many():
    products = list(Product.objects.all())
    for product in products:
        product.tags.clear()
    return Product.tags.through.objects.count()


@situation(
    write_loop(3, "shop.Product.tags"),
    fix="Product.tags.through.objects.filter(tag__in=objects).delete()",
    rewrite={
        "    for tag in tags:\n": "    objects = []\n    for tag in tags:\n",
        "tag.products.clear()": "objects.append(tag)",
        "    return": "    {0}\n    return",
    },
)
def clear_of_a_many_to_many_from_the_other_side():
    Tag.objects.create(name="further")
    tags = list(Tag.objects.all())
    for tag in tags:
        tag.products.clear()
    return Product.tags.through.objects.count()


@situation(write_loop(3, "shop.Product.tags"))
def remove_from_a_many_to_many():
    tag = Tag.objects.get(name="new")
    products = list(Product.objects.all())
    for product in products:
        product.tags.remove(tag)
    return tag.products.count()


@situation(write_loop(3, "shop.Product.tags"), write_loop(3))
def create_on_a_many_to_many():
    products = list(Product.objects.all())
    for product in products:
        product.tags.create(name=f"of {product.name}")
    return Tag.objects.count()


@situation(
    write_loop(3),
    fix="Supply.objects.filter(supplier__in=objects).delete()",
    rewrite={
        "    for supplier in suppliers:\n": "    objects = []\n    for supplier in suppliers:\n",
        "supplier.products.clear()": "objects.append(supplier)",
        "    return": "    {0}\n    return",
    },
)
def clear_of_a_many_to_many_through_a_model():
    suppliers = list(Supplier.objects.all())
    for supplier in suppliers:
        supplier.products.clear()
    return Supplier.products.through.objects.count()


@situation(
    write_loop(5),
    fix='Order.objects.bulk_update(objects, ["payer"])',
    rewrite={
        "    for order in orders:\n": "    objects = []\n    for order in orders:\n",
        "order.customer.paid_orders.add(order)": (
            "order.payer = order.customer\n        objects.append(order)"
        ),
        "    return": "    {0}\n    return",
    },
)
def add_to_the_other_side_of_a_key():
    orders = list(Order.objects.select_related("customer"))
    for order in orders:
        order.customer.paid_orders.add(order)
    return sorted(Order.objects.values_list("pk", "payer"))


@situation(
    write_loop(6, "shop.Customer.paid_orders"),
    fix="Order.objects.filter(payer__in=objects).update(payer=None)",
    rewrite={
        "    for customer in customers:\n": "    objects = []\n    for customer in customers:\n",
        "customer.paid_orders.clear()": "objects.append(customer)",
        "    return": "    {0}\n    return",
    },
)
def clear_of_the_other_side_of_a_key():
    customers = list(Customer.objects.all())
    for customer in customers:
        customer.paid_orders.clear()
    return Order.objects.filter(payer=None).count()


@situation(
    write_loop(5, "shop.Order.items"),
    fix='OrderItem.objects.bulk_update(objects, ["quantity"])',
    rewrite={
        "    for order in orders:\n": "    objects = []\n    for order in orders:\n",
        "order.items.update(quantity=order.pk)": (
            "for item in order.items.all():\n"
            "            item.quantity = order.pk\n"
            "            objects.append(item)"
        ),
        "    return": "    {0}\n    return",
    },
)
def update_of_the_other_side_of_a_key():
    orders = list(Order.objects.prefetch_related("items"))
    for order in orders:
        order.items.update(quantity=order.pk)
    return Invoice.objects.count()
