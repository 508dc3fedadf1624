"""Relations that a loop filters, orders, cuts, counts, tests or adds up, row by row."""

from __future__ import annotations

from django.db.models import Avg, Count, Max, Min, Prefetch, Q, Sum, Value
from django.db.models.functions import Upper

from tests.shop.models import Customer, Invoice, Order, OrderItem, Product, Supplier, Tag
from tests.situations.situation import n_plus_one, situation


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='annotate(items_count=Count("items", distinct=True))',
    operations="count",
    rewrite={"order.items.count()": "order.items_count"},
)
def count():
    return [order.items.count() for order in Order.objects.all()]


@situation(
    n_plus_one(6, "shop.Customer.orders"),
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related("orders__items")',
)
def count_on_the_second_level():
    counts = []
    for customer in Customer.objects.all():
        for order in customer.orders.all():
            counts.append(order.items.count())
    return counts


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='annotate(items_count=Count("items", filter=Q(items__quantity=1), distinct=True))',
    operations="count",
    rewrite={"order.items.filter(quantity=1).count()": "order.items_count"},
)
def filtered_count():
    return [order.items.filter(quantity=1).count() for order in Order.objects.all()]


@situation(
    n_plus_one(3, "shop.Product.tags"),
    fix='annotate(tags_count=Count("tags", filter=Q(tags__name="new"), distinct=True))',
    rewrite={'product.tags.filter(name="new").count()': "product.tags_count"},
)
def filtered_count_of_a_many_to_many():
    counts = []
    for product in Product.objects.all():
        counts.append(product.tags.filter(name="new").count())
    return counts


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='annotate(has_items=Exists(OrderItem.objects.filter(order=OuterRef("pk"))))',
    operations="exists",
    rewrite={"order.items.exists()": "order.has_items"},
)
def exists():
    return [order.items.exists() for order in Order.objects.all()]


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='annotate(has_items=Exists(OrderItem.objects.filter(order=OuterRef("pk"))'
    ".filter(quantity__gt=1)))",
    operations="exists",
    rewrite={"order.items.filter(quantity__gt=1).exists()": "order.has_items"},
)
def filtered_exists():
    return [order.items.filter(quantity__gt=1).exists() for order in Order.objects.all()]


@situation(
    n_plus_one(3, "shop.Product.tags"),
    fix='annotate(has_tags=Exists(Tag.objects.filter(products=OuterRef("pk"))))',
    rewrite={"product.tags.exists()": "product.has_tags"},
)
def exists_on_a_many_to_many():
    return [product.tags.exists() for product in Product.objects.all()]


@situation(
    n_plus_one(4, "shop.Invoice.payment_set"),
    fix='annotate(has_payment_set=Exists(Payment.objects.filter(invoice=OuterRef("number"))))',
    rewrite={"invoice.payment_set.exists()": "invoice.has_payment_set"},
)
def exists_by_another_field_than_the_primary_key():
    return [invoice.payment_set.exists() for invoice in Invoice.objects.order_by("number")]


@situation(
    n_plus_one(4, "shop.Invoice.payment_set"),
    fix='annotate(total=Subquery(Payment.objects.filter(invoice=OuterRef("number"))'
    '.filter(amount=1).order_by().values("invoice").annotate(total=Sum("amount"))'
    '.values("total")))',
    rewrite={
        'invoice.payment_set.filter(amount=1).aggregate(total=Sum("amount"))["total"]': (
            "invoice.total"
        )
    },
)
def aggregate_by_another_field_than_the_primary_key():
    found = []
    for invoice in Invoice.objects.order_by("number"):
        found.append(invoice.payment_set.filter(amount=1).aggregate(total=Sum("amount"))["total"])
    return found


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='annotate(total=Sum("items__quantity"))',
    operations="aggregate",
    rewrite={'order.items.aggregate(total=Sum("quantity"))["total"]': "order.total"},
)
def aggregate():
    return [order.items.aggregate(total=Sum("quantity"))["total"] for order in Order.objects.all()]


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='annotate(most=Max("items__quantity"), mean=Avg("items__quantity"))',
    rewrite={
        'order.items.aggregate(most=Max("quantity"), mean=Avg("quantity"))': "vars(order)",
    },
)
def two_aggregates():
    found = []
    for order in Order.objects.all():
        totals = order.items.aggregate(most=Max("quantity"), mean=Avg("quantity"))
        found.append((totals["most"], totals["mean"]))
    return found


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related(Prefetch("items", queryset=OrderItem.objects.filter(quantity=1), '
    'to_attr="matching_items"))',
    operations="filter",
    rewrite={"order.items.filter(quantity=1)": "order.matching_items"},
)
def filter_on_a_relation():
    return [len(order.items.filter(quantity=1)) for order in Order.objects.all()]


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related(Prefetch("items", queryset=OrderItem.objects.filter(quantity=1), '
    'to_attr="matching_items"))',
    rewrite={"order.items.filter(quantity=1)": "order.matching_items"},
)
def filter_on_a_prefetched_relation():
    counts = []
    for order in Order.objects.prefetch_related("items"):
        counts.append(len(order.items.filter(quantity=1)))
    return counts


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related(Prefetch("items", '
    'queryset=OrderItem.objects.filter(Q(quantity=1) | Q(product=None)).order_by("-product"), '
    'to_attr="matching_items"))',
    rewrite={
        'order.items.filter(Q(quantity=1) | Q(product=None)).order_by("-product")': (
            "order.matching_items"
        )
    },
)
def filter_with_conditions_and_an_order():
    found = []
    for order in Order.objects.all():
        items = order.items.filter(Q(quantity=1) | Q(product=None)).order_by("-product")
        found.append([item.quantity for item in items])
    return found


@situation(n_plus_one(5, "shop.Order.items"), operations="filter")
def filter_by_what_only_the_loop_knows():
    return [len(order.items.filter(quantity__lte=order.pk)) for order in Order.objects.all()]


@situation(
    n_plus_one(3, "shop.Supplier.products"),
    fix='prefetch_related(Prefetch("products", queryset=Product.objects.order_by("-name"), '
    'to_attr="matching_products"))',
    rewrite={'supplier.products.order_by("-name")': "supplier.matching_products"},
)
def order_by_on_a_relation():
    names = []
    for supplier in Supplier.objects.all():
        names.append([product.name for product in supplier.products.order_by("-name")])
    return names


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related(Prefetch("items", queryset=OrderItem.objects.order_by("pk")[:1], '
    'to_attr="first_items"))',
    operations="first",
    rewrite={"order.items.first()": "order.first_items[0]"},
)
def first():
    return [order.items.first().quantity for order in Order.objects.all()]


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related(Prefetch("items", queryset=OrderItem.objects.order_by("-product")[:1], '
    'to_attr="first_items"))',
    rewrite={'order.items.order_by("-product").first()': "order.first_items[0]"},
)
def first_in_an_order():
    return [order.items.order_by("-product").first().quantity for order in Order.objects.all()]


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related(Prefetch("items", queryset=OrderItem.objects.order_by("-pk")[:1], '
    'to_attr="last_items"))',
    operations="last",
    rewrite={"order.items.last()": "order.last_items[0]"},
)
def last():
    return [order.items.last().quantity for order in Order.objects.all()]


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related("items")',
    rewrite={
        'order.items.values_list("quantity", flat=True)': (
            "(item.quantity for item in order.items.all())"
        ),
    },
)
def values_list():
    return [sorted(order.items.values_list("quantity", flat=True)) for order in Order.objects.all()]


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related("items")',
    rewrite={
        'order.items.values_list("quantity", flat=True)': (
            "(item.quantity for item in order.items.all())"
        ),
    },
)
def values_list_on_a_prefetched_relation():
    found = []
    for order in Order.objects.prefetch_related("items"):
        found.append(sorted(order.items.values_list("quantity", flat=True)))
    return found


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related("items__product")',
    rewrite={
        'order.items.values_list("product__name", "product__id", "quantity")': (
            "[(item.product.name, item.product_id, item.quantity) for item in order.items.all()]"
        ),
    },
)
def values_list_over_a_relation():
    found = []
    for order in Order.objects.all():
        rows = order.items.values_list("product__name", "product__id", "quantity")
        found.append(sorted(row for row in rows))
    return found


@situation(
    n_plus_one(6, "shop.Customer.orders"),
    fix='prefetch_related("orders__invoices__payment_set", "orders__payer")',
    rewrite={
        'customer.orders.values("invoices__paid_by__amount", "payer__name")': (
            "[{'invoices__paid_by__amount': payment.amount, 'payer__name': order.payer.name} "
            "for order in customer.orders.all() for invoice in order.invoices.all() "
            "for payment in invoice.payment_set.all()]"
        ),
    },
)
def values_over_several_relations_by_their_query_names():
    found = []
    for customer in Customer.objects.all():
        rows = customer.orders.values("invoices__paid_by__amount", "payer__name")
        found.append([sorted(row.items()) for row in rows if row["invoices__paid_by__amount"]])
    return found


@situation(n_plus_one(5, "shop.Order.items"))
def values_that_are_computed():
    found = []
    for order in Order.objects.all():
        found.append(list(order.items.values_list(Upper("product__name"), flat=True)))
    return found


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related("items")',
    rewrite={
        'order.items.values_list("product", flat=True)': (
            "[item.product_id for item in order.items.all()]"
        ),
    },
)
def values_list_of_a_key():
    found = []
    for order in Order.objects.all():
        found.append(sorted(order.items.values_list("product", flat=True)))
    return found


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related(Prefetch("items", '
    'queryset=OrderItem.objects.filter(product__name="book 1"), to_attr="matching_items"))',
    operations="get",
    rewrite={'order.items.get(product__name="book 1")': "order.matching_items[0]"},
)
def get_on_a_relation():
    found = []
    for order in Order.objects.all():
        found.append(order.items.get(product__name="book 1").quantity)
    return found


@situation(
    n_plus_one(5, "shop.Order.invoices"),
    fix='prefetch_related("invoices")',
    operations="count",
)
def count_where_the_default_manager_filters():
    return [order.invoices.count() for order in Order.objects.all()]


@situation(
    n_plus_one(4, "shop.Invoice.payment_set"),
    fix='annotate(payment_set_count=Count("paid_by", distinct=True))',
    rewrite={"invoice.payment_set.count()": "invoice.payment_set_count"},
)
def count_of_a_relation_by_its_query_name():
    return [invoice.payment_set.count() for invoice in Invoice.objects.all()]


@situation(
    n_plus_one(6, "shop.Customer.orders"),
    fix='annotate(orders_count_2=Count("orders", distinct=True))',
    rewrite={"customer.orders.count()": "customer.orders_count_2"},
)
def count_where_the_model_has_a_property_of_that_name():
    counts = []
    for customer in Customer.objects.order_by("pk"):
        counts.append((customer.orders.count(), customer.orders_count))
    return counts


@situation(
    n_plus_one(6, "shop.Customer.orders"),
    fix='prefetch_related(Prefetch("orders", '
    'queryset=Order.objects.order_by("-note")[:1], to_attr="first_orders_2"))',
    rewrite={
        'customer.orders.order_by("-note").first()': "next(iter(customer.first_orders_2), None)"
    },
)
def first_where_the_model_has_a_method_of_that_name():
    found = []
    for customer in Customer.objects.order_by("pk"):
        last = customer.orders.order_by("-note").first()
        found.append((last and last.note, customer.first_orders()))
    return found


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='annotate(has_items_2=Exists(OrderItem.objects.filter(order=OuterRef("pk"))))',
    rewrite={"order.items.exists()": "order.has_items_2"},
)
def exists_where_the_queryset_gives_that_name_already():
    found = []
    for order in Order.objects.annotate(has_items=Value(7)):
        found.append((order.items.exists(), order.has_items))
    return found


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related(Prefetch("items", queryset=OrderItem.objects.filter(quantity=1), '
    'to_attr="matching_items_2"))',
    rewrite={"order.items.filter(quantity=1)": "order.matching_items_2"},
)
def filter_where_a_prefetch_has_that_name_already():
    found = []
    pairs = Prefetch("items", OrderItem.objects.filter(quantity=2), to_attr="matching_items")
    for order in Order.objects.prefetch_related(pairs):
        found.append((len(order.items.filter(quantity=1)), len(order.matching_items)))
    return found


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='annotate(quantity=Subquery(OrderItem.objects.filter(order=OuterRef("pk"))'
    '.filter(quantity=1).order_by().values("order").annotate(quantity_2=Sum("quantity"))'
    '.values("quantity_2")))',
    rewrite={
        'order.items.filter(quantity=1).aggregate(quantity=Sum("quantity"))': (
            '{"quantity": order.quantity}'
        )
    },
)
def aggregate_under_the_name_of_the_column():
    found = []
    for order in Order.objects.all():
        found.append(order.items.filter(quantity=1).aggregate(quantity=Sum("quantity")))
    return found


@situation(n_plus_one(5, "shop.Order.items"), fix='prefetch_related("items")', operations="exists")
def contains():
    item = OrderItem.objects.earliest("pk")
    return [order.items.contains(item) for order in Order.objects.all()]


@situation(n_plus_one(3, "shop.Product.tags"), fix='prefetch_related("tags")')
def contains_in_all_of_a_many_to_many():
    tag = Tag.objects.get(name="new")
    return [product.tags.all().contains(tag) for product in Product.objects.all()]


@situation(n_plus_one(5, "shop.Order.items"))
def contains_in_what_is_filtered():
    item = OrderItem.objects.earliest("pk")
    return [order.items.filter(quantity__gt=1).contains(item) for order in Order.objects.all()]


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related(Prefetch("items", queryset=OrderItem.objects.order_by("pk").reverse()'
    '[:1], to_attr="latest_items"))',
    operations="last",
    rewrite={'order.items.latest("pk")': "order.latest_items[0]"},
)
def latest():
    return [order.items.latest("pk").quantity for order in Order.objects.all()]


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related(Prefetch("items", queryset=OrderItem.objects.filter(quantity__gt=0)'
    '.order_by("-quantity", "pk")[:1], to_attr="earliest_items"))',
    operations="first",
    rewrite={
        'order.items.filter(quantity__gt=0).earliest("-quantity", "pk")': "order.earliest_items[0]"
    },
)
def earliest_of_what_is_filtered():
    found = []
    for order in Order.objects.all():
        found.append(order.items.filter(quantity__gt=0).earliest("-quantity", "pk").pk)
    return found


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='annotate(note_2=Max("items__quantity"))',
    rewrite={'order.items.aggregate(note=Max("quantity"))': '{"note": order.note_2}'},
)
def aggregate_under_the_name_of_a_column_of_the_rows():
    return [order.items.aggregate(note=Max("quantity")) for order in Order.objects.all()]


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related("items")',
    operations="get",
    rewrite={
        "order.items.get(pk=first)": "next(each for each in order.items.all() if each.pk == first)",
    },
)
def get_of_what_only_the_loop_knows():
    found = []
    for order in Order.objects.annotate(first=Min("items__pk")):
        first = order.first
        found.append(order.items.get(pk=first).quantity)
    return found


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='annotate(products=Count("items__product"))',
    rewrite={'order.items.aggregate(products=Count("product"))["products"]': "order.products"},
)
def count_by_aggregate():
    found = []
    for order in Order.objects.all():
        found.append(order.items.aggregate(products=Count("product"))["products"])
    return found


@situation(n_plus_one(5, "shop.Order.items"))
def aggregate_with_a_default():
    found = []
    for order in Order.objects.all():
        found.append(order.items.aggregate(total=Sum("quantity", default=0))["total"])
    return found


@situation(n_plus_one(5))
def aggregate_of_a_queryset_for_each_row():
    found = []
    for order in Order.objects.all():
        items = OrderItem.objects.filter(order=order)
        found.append(items.aggregate(total=Sum("quantity"))["total"])
    return found


@situation(
    n_plus_one(6, "shop.Customer.orders"),
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related("orders")',
    left=(n_plus_one(5, "shop.Order.items"),),
)
def aggregate_on_the_second_level():
    found = []
    for customer in Customer.objects.all():
        for order in customer.orders.all():
            found.append(order.items.aggregate(total=Sum("quantity"))["total"])
    return found
