"""Kinds of root querysets, and which of several is to blame."""

from __future__ import annotations

from django.db.models import prefetch_related_objects
from django.db.models.signals import post_init, post_save

from tests.shop.models import Customer, Order, OrderItem, Product, Visit
from tests.situations.situation import n_plus_one, situation, write_loop


@situation(n_plus_one(5, "shop.Order.customer"), fix='select_related("customer")')
def rows_of_an_iterator():
    return [order.customer.name for order in Order.objects.order_by("pk").iterator()]


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related("items")',
    rewrite={"iterator()": "iterator(chunk_size=100)"},
)
def a_to_many_relation_of_an_iterators_rows():
    return [len(order.items.all()) for order in Order.objects.iterator()]


@situation(n_plus_one(5, "shop.Order.customer"), fix='select_related("customer")')
def rows_of_in_bulk():
    orders = Order.objects.in_bulk()
    return [order.customer.name for order in orders.values()]


@situation(n_plus_one(3, "shop.OrderItem.product"), fix='select_related("product")')
def a_relation_of_the_row_of_get():
    order = Order.objects.get(customer__name="customer 0")
    return [item.product.name for item in order.items.all()]


@situation(
    n_plus_one(3, None),
    n_plus_one(3, "shop.Order.customer"),
    fix='select_related("customer")',
    left=(n_plus_one(3, None),),
)
def rows_of_first():
    names = []
    for number in range(3):
        order = Order.objects.filter(customer__name=f"customer {number}").first()
        names.append(order.customer.name)
    return names


@situation(n_plus_one(3, "shop.Order.customer"), fix='select_related("customer")')
def rows_of_a_slice():
    return [order.customer.name for order in Order.objects.order_by("-pk")[1:4]]


@situation(n_plus_one(3, "shop.Order.customer"), fix='select_related("customer")')
def rows_of_a_slice_of_a_list():
    orders = list(Order.objects.order_by("-pk"))[1:4]
    return [order.customer.name for order in orders]


@situation(n_plus_one(5, "shop.Order.customer"), fix='prefetch_related("customer")')
def rows_of_raw():
    orders = Order.objects.raw("SELECT * FROM shop_order ORDER BY id")
    return [order.customer.name for order in orders]


@situation(
    n_plus_one(5, "shop.Order.items"),
    n_plus_one(15, "shop.OrderItem.product"),
    fix='prefetch_related("items__product")',
)
def two_levels_below_raw():
    names = []
    for order in Order.objects.raw("SELECT * FROM shop_order ORDER BY id"):
        names += [item.product.name for item in order.items.all()]
    return names


@situation(n_plus_one(5, "shop.Order.note"))
def a_column_that_raw_left_out():
    orders = Order.objects.raw("SELECT id, customer_id, payer_id FROM shop_order")
    return [order.note for order in orders]


@situation(n_plus_one(5, "shop.Order.customer"), fix='select_related("customer")')
def the_naive_one_of_two_querysets_of_a_model():
    tuned = Order.objects.select_related("customer").order_by("pk")
    names = [order.customer.name for order in tuned]
    naive = Order.objects.order_by("-pk")
    names += [order.customer.name for order in naive]
    return names


@situation(n_plus_one(5, "shop.Order.customer"), fix='select_related("customer")')
def the_naive_one_of_two_querysets_that_are_read_together():
    tuned = list(Order.objects.select_related("customer").order_by("pk"))
    naive = list(Order.objects.order_by("-pk"))
    names = []
    for order in (*naive, *tuned):
        names.append(order.customer.name)
    return names


@situation(n_plus_one(5, "shop.Order.items"), fix='prefetch_related("items")')
def the_naive_one_of_two_where_the_other_is_prefetched():
    tuned = list(Order.objects.prefetch_related("items"))
    naive = list(Order.objects.order_by("-pk"))
    return [len(order.items.all()) for order in (*tuned, *naive)]


@situation(n_plus_one(20, "shop.Visit.customer"), fix='select_related("customer")')
def rows_beyond_the_first_hundred():
    names = []
    for number, visit in enumerate(Visit.objects.order_by("pk")):
        if number >= 100:
            names.append(visit.customer.name)
    return names


@situation(n_plus_one(120, "shop.Visit.customer"), fix='select_related("customer")')
def more_than_a_hundred_rows():
    return [visit.customer.name for visit in Visit.objects.order_by("pk")]


@situation(n_plus_one(2, "shop.Visit.customer"), fix='select_related("customer")')
def another_database():
    customers = [Customer(name=f"other {n}") for n in range(2)]
    Customer.objects.using("other").bulk_create(customers)
    Visit.objects.using("other").bulk_create([Visit(customer=each) for each in customers])
    visits = Visit.objects.using("other")
    return [visit.customer.name for visit in visits]


@situation(
    n_plus_one(5, "shop.Order.items"),
    n_plus_one(15, "shop.OrderItem.product"),
    fix='prefetch_related("items__product")',
)
def prefetch_for_each_row_and_a_relation_behind_it():
    names = []
    for order in Order.objects.all():
        prefetch_related_objects([order], "items")
        names += [item.product.name for item in order.items.all()]
    return names


@situation(n_plus_one(15, "shop.OrderItem.product"))
def in_a_handler_of_post_init():
    names = []

    def note(instance, **_):
        names.append(instance.product.name)

    post_init.connect(note, sender=OrderItem)
    try:
        list(OrderItem.objects.all())
    finally:
        post_init.disconnect(note, sender=OrderItem)
    return names


@situation(
    n_plus_one(5, "shop.Order.customer"),
    write_loop(5),
    fix=('select_related("customer")', 'Order.objects.bulk_update(objects, ["note"])'),
    rewrite={
        "        for order in Order": "        objects = []\n        for order in Order",
        'order.save(update_fields=["note"])': (
            "post_save.send(Order, instance=order); objects.append(order)"
        ),
        "    finally:": "        {1}\n    finally:",
    },
)
def in_a_handler_of_post_save():
    names = []

    def note(instance, **_):
        names.append(instance.customer.name)

    post_save.connect(note, sender=Order)
    try:
        for order in Order.objects.all():
            order.note = "seen"
            order.save(update_fields=["note"])
    finally:
        post_save.disconnect(note, sender=Order)
    return names


@situation(n_plus_one(3, "shop.Product.category"), fix='prefetch_related("category")')
def rows_of_a_union():
    products = Product.objects.filter(name="book 0").union(Product.objects.exclude(name="book 0"))
    return [product.category.name for product in products]
