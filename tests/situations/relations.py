"""Relations loaded row by row."""

from __future__ import annotations

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import prefetch_related_objects

from tests.shop.models import (
    Customer,
    Folder,
    Label,
    Order,
    OrderItem,
    Product,
    Supplier,
    Supply,
    Tag,
)
from tests.situations.situation import n_plus_one, situation


@situation(n_plus_one(5, "shop.Order.customer"), fix='select_related("customer")')
def forward_key():
    return [order.customer.name for order in Order.objects.all()]


@situation(n_plus_one(5, "shop.Order.payer"), fix='select_related("payer")')
def forward_key_to_one_parent_is_no_duplicate():
    names = []
    for order in Order.objects.all():
        names.append(order.payer.name)
    return names


@situation(
    n_plus_one(5, "shop.Order.customer"),
    n_plus_one(5, "shop.Order.payer"),
    fix=('select_related("customer")', 'select_related("payer")'),
)
def two_keys_to_one_model_on_one_line():
    names = []
    for order in Order.objects.all():
        names.append((order.customer.name, order.payer.name))
    return names


@situation(n_plus_one(5, "shop.Order.items"), fix='prefetch_related("items")')
def reverse_key():
    counts = []
    for order in Order.objects.all():
        counts.append(len(order.items.all()))
    return counts


@situation(n_plus_one(3, "shop.Supplier.supply_set"), fix='prefetch_related("supply_set")')
def reverse_key_without_a_name():
    return [
        [each.price for each in supplier.supply_set.all()] for supplier in Supplier.objects.all()
    ]


@situation(n_plus_one(3, "shop.Product.tags"), fix='prefetch_related("tags")')
def many_to_many():
    names = []
    for product in Product.objects.all():
        names.append(sorted(tag.name for tag in product.tags.all()))
    return names


@situation(
    n_plus_one(3, "shop.Product.tags"),
    n_plus_one(3, "shop.Product.featured_tags"),
    fix=('prefetch_related("tags")', 'prefetch_related("featured_tags")'),
)
def two_many_to_many_between_the_same_models():
    counts = []
    for product in Product.objects.all():
        counts.append((len(product.tags.all()), len(product.featured_tags.all())))
    return counts


@situation(n_plus_one(2, "shop.Tag.products"), fix='prefetch_related("products")')
def many_to_many_from_the_other_side():
    return [sorted(each.name for each in tag.products.all()) for tag in Tag.objects.all()]


@situation(n_plus_one(3, "shop.Supplier.products"), fix='prefetch_related("products")')
def many_to_many_with_a_through_model():
    names = []
    for supplier in Supplier.objects.all():
        for product in supplier.products.all():
            names.append(product.name)
    return sorted(names)


@situation(
    n_plus_one(3, "shop.Supplier.supply_set"),
    n_plus_one(6, "shop.Supply.product"),
    fix='prefetch_related("supply_set__product")',
)
def through_the_rows_of_a_through_model():
    names = []
    for supplier in Supplier.objects.all():
        for supply in supplier.supply_set.all():
            names.append(supply.product.name)
    return names


@situation(n_plus_one(3, "shop.Label.product"), fix='select_related("product")')
def one_to_one():
    return [label.product.name for label in Label.objects.all()]


@situation(n_plus_one(3, "shop.Product.label"), fix='select_related("label")')
def one_to_one_from_the_other_side():
    return [product.label.text for product in Product.objects.all()]


@situation(n_plus_one(7, "shop.Folder.previous"), fix='select_related("previous")')
def one_to_one_from_the_other_side_where_it_may_be_missing():
    names = []
    for folder in Folder.objects.all():
        try:
            names.append(folder.previous.name)
        except ObjectDoesNotExist:
            names.append(None)
    return names


@situation(n_plus_one(3, "shop.Product.label"), fix='select_related("label")')
def one_to_one_from_the_other_side_asked_with_hasattr():
    return [hasattr(product, "label") for product in Product.objects.all()]


@situation(
    n_plus_one(15, "shop.OrderItem.order"),
    n_plus_one(15, "shop.Order.customer"),
    fix='select_related("order__customer")',
)
def two_levels_forward():
    return [item.order.customer.name for item in OrderItem.objects.all()]


@situation(
    n_plus_one(5, "shop.Order.items"),
    n_plus_one(15, "shop.OrderItem.product"),
    n_plus_one(15, "shop.Product.category"),
    fix='prefetch_related("items__product__category")',
)
def three_levels():
    names = []
    for order in Order.objects.all():
        for item in order.items.all():
            names.append(item.product.category.name)
    return names


@situation(
    n_plus_one(5, "shop.Order.items"),
    n_plus_one(15, "shop.OrderItem.product"),
    n_plus_one(15, "shop.Product.tags"),
    n_plus_one(15, "shop.Product.label"),
    fix='prefetch_related("items__product__label", "items__product__tags")',
)
def a_tree_of_relations():
    found = []
    for order in Order.objects.all():
        for item in order.items.all():
            found.append(item.product.label.text)
            found.append(sorted(tag.name for tag in item.product.tags.all()))
    return found


@situation(
    n_plus_one(15, "shop.OrderItem.product"),
    fix='prefetch_related("items__product")',
)
def the_second_level_of_a_prefetched_relation():
    names = []
    for order in Order.objects.prefetch_related("items"):
        for item in order.items.all():
            names.append(item.product.name)
    return names


@situation(n_plus_one(15, "shop.Order.payer"), fix='select_related("order__payer")')
def the_second_level_of_a_joined_relation():
    return [item.order.payer.name for item in OrderItem.objects.select_related("order")]


@situation(
    n_plus_one(6, "shop.Supply.supplier"),
    n_plus_one(6, "shop.Supply.product"),
    fix=('select_related("supplier")', 'select_related("product")'),
)
def in_str():
    return [str(supply) for supply in Supply.objects.all()]


@situation(
    n_plus_one(6, "shop.Supply.product"),
    n_plus_one(6, "shop.Product.category"),
    fix='select_related("product__category")',
)
def in_a_property():
    names = []
    for supply in Supply.objects.all():
        names.append(supply.category_name)
    return names


@situation(n_plus_one(5, "shop.Order.customer"), fix='select_related("customer")')
def in_a_function_called_for_each_row():
    def name(order: Order) -> str:
        return order.customer.name

    return [name(order) for order in Order.objects.all()]


@situation(n_plus_one(5, "shop.Order.customer"), fix='select_related("customer")')
def in_a_generator():
    return sum(len(order.customer.name) for order in Order.objects.all())


@situation(n_plus_one(5, "shop.Order.customer"), fix='select_related("customer")')
def after_a_cold_first_call():
    orders = list(Order.objects.all())
    Order.customer.__dict__.pop("RelatedObjectDoesNotExist", None)
    Customer.__dict__.get("_base_manager", None)
    return [order.customer.name for order in orders]


@situation(n_plus_one(5, "shop.Order.items"), fix='prefetch_related("items")')
def prefetch_for_each_row():
    counts = []
    for order in Order.objects.all():
        prefetch_related_objects([order], "items")
        counts.append(len(order.items.all()))
    return counts


@situation(
    n_plus_one(5, "shop.Order.items"),
    fix='prefetch_related("items")',
    rewrite={"iterator()": "iterator(chunk_size=100)"},
)
def prefetch_for_each_row_of_an_iterator():
    counts = []
    for order in Order.objects.iterator():
        prefetch_related_objects([order], "items")
        counts.append(len(order.items.all()))
    return counts


@situation(n_plus_one(7, "shop.Folder.children"), operations="lazy reverse")
def recursion_over_a_tree():
    names = []

    def walk(folder: Folder) -> None:
        for child in folder.children.all():
            names.append(child.name)
            walk(child)

    walk(Folder.objects.get(name="root"))
    return names


@situation(n_plus_one(6, "shop.Folder.next"))
def a_linked_list():
    names = []
    folder = Folder.objects.get(name="root")
    while folder is not None:
        names.append(folder.name)
        folder = folder.next
    return names


@situation(n_plus_one(10, "shop.Folder.parent"))
def a_chain_from_each_row_of_a_loop():
    names = []
    for folder in Folder.objects.order_by("pk"):
        link = folder
        while link is not None:
            names.append(link.name)
            link = link.parent
    return names


@situation(n_plus_one(10, "shop.Folder.parent"))
def a_chain_whose_next_link_has_a_name():
    depths = []
    for folder in Folder.objects.order_by("pk"):
        depth = 0
        while above := folder.parent:
            folder, depth = above, depth + 1
        depths.append(depth)
    return depths


@situation(n_plus_one(10, "shop.Folder.parent"))
def recursion_up_from_each_row_of_a_loop():
    def path(folder: Folder) -> str:
        return folder.name if folder.parent is None else f"{path(folder.parent)}/{folder.name}"

    return [path(folder) for folder in Folder.objects.order_by("pk")]


@situation(n_plus_one(17, "shop.Folder.children"))
def recursion_down_from_each_row_of_a_loop():
    names = []

    def walk(folder: Folder) -> None:
        for child in folder.children.all():
            names.append(child.name)
            walk(child)

    for folder in Folder.objects.order_by("-pk"):
        walk(folder)
    return names


@situation(
    n_plus_one(6, "shop.Folder.parent"),
    n_plus_one(4, "shop.Folder.parent"),
    fix='select_related("parent__parent")',
)
def two_links_of_a_chain_and_no_more():
    found = []
    for folder in Folder.objects.all():
        if folder.parent and folder.parent.parent:
            found.append(folder.parent.parent.name)
    return found


@situation(
    n_plus_one(6, "shop.Folder.children"),
    fix='prefetch_related("parent__next__children")',
)
def a_relation_of_the_second_of_two_levels_that_one_statement_prefetches():
    found = []
    for folder in Folder.objects.prefetch_related("parent__next"):
        if folder.parent is not None:
            found.append(len(folder.parent.next.children.all()))
    return found
