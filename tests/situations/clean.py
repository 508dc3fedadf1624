"""Nothing repeats, or everything was loaded ahead."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Prefetch

from tests.shop.models import Folder, Order, OrderItem, Product, Tag
from tests.situations.situation import situation


def _product(key: int) -> str:
    return Product.objects.get(pk=key).name


@situation()
def one_helper_called_from_three_lines():
    first, second, third = Product.objects.values_list("pk", flat=True)
    names = [_product(first)]
    names.append(_product(second))
    names.append(_product(third))
    return names


@situation()
def one_helper_called_three_times_on_one_line():
    first, second, third = Product.objects.values_list("pk", flat=True)
    return (_product(first), _product(second), _product(third))


@situation()
def two_places_with_one_query_each():
    one = len(Product.objects.filter(name="book 1"))
    return one, len(Product.objects.filter(name="book 2"))


@situation()
def all_loaded_ahead():
    names = []
    orders = Order.objects.select_related("customer").prefetch_related("items__product__tags")
    for order in orders:
        for item in order.items.all():
            names += [tag.name for tag in item.product.tags.all()]
        names.append(order.customer.name)
    return names


@situation()
def a_prefetch_with_an_attribute_read_back():
    single = Prefetch("items", OrderItem.objects.filter(quantity=1), to_attr="single")
    return [len(order.single) for order in Order.objects.prefetch_related(single)]


@situation()
def a_prefetch_of_two_levels_of_one_relation():
    folders = Folder.objects.filter(name="root").prefetch_related("children__children")
    return [[len(child.children.all()) for child in each.children.all()] for each in folders]


@situation()
def a_prefetched_relation_counted_and_tested():
    orders = Order.objects.prefetch_related("items")
    return [(order.items.count(), order.items.exists()) for order in orders]


@situation()
def an_annotation_read_back():
    return [order.number for order in Order.objects.annotate(number=Count("items"))]


@situation()
def pages_with_a_count():
    paginator = Paginator(Order.objects.select_related("customer").order_by("pk"), 2)
    page = paginator.get_page(1)
    return paginator.count, [order.customer.name for order in page]


@situation()
def values():
    return [row["customer__name"] for row in Order.objects.order_by("pk").values("customer__name")]


@situation()
def in_bulk():
    return sorted(product.name for product in Product.objects.in_bulk().values())


@situation()
def keys_without_their_rows():
    return [order.customer_id is not None for order in Order.objects.all()]


@situation()
def select_for_update_in_one_go():
    with transaction.atomic():
        orders = Order.objects.select_for_update().order_by("pk")
        return [order.note for order in orders]


@situation()
def a_relation_read_twice_on_one_row():
    order = Order.objects.order_by("pk").first()
    return order.customer.name, order.customer.name, order.payer.name


@situation()
def the_same_shape_for_two_rows_without_a_loop():
    first, second = Tag.objects.order_by("pk")
    return first.products.count(), second.products.count()
