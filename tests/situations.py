"""What can repeat, and what is to be said of it: the one catalogue that tests share.

Each situation is a function that runs queries on the data of ``conftest.fill``, with the findings
that are expected: (kind, count, relation), in any order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from django.template import Context, Engine
from rest_framework import serializers

from tests.shop.models import Category, Comment, Customer, Order, OrderItem, Product, Tag

if TYPE_CHECKING:
    from collections.abc import Callable

Expected = tuple[str, int, str | None]


class Situation(NamedTuple):
    run: Callable[[], object]
    expected: tuple[Expected, ...]


SITUATIONS: dict[str, Situation] = {}


def situation(*expected: Expected):
    def register(run: Callable[[], object]) -> Callable[[], object]:
        SITUATIONS[run.__name__] = Situation(run, expected)
        return run

    return register


def n_plus_one(count: int, relation: str | None) -> Expected:
    return ("n_plus_one", count, relation)


def write_loop(count: int) -> Expected:
    return ("write_loop", count, None)


# --- Relations loaded row by row ---


@situation(n_plus_one(5, "shop.Order.customer"))
def forward_key():
    for order in Order.objects.all():
        order.customer.name


@situation(n_plus_one(5, "shop.Order.payer"))
def forward_key_to_one_parent_is_no_duplicate():
    for order in Order.objects.all():
        order.payer.name


@situation(n_plus_one(5, "shop.Order.customer"), n_plus_one(5, "shop.Order.payer"))
def two_keys_to_one_model_on_one_line():
    for order in Order.objects.all():
        (order.customer.name, order.payer.name)


@situation(n_plus_one(5, "shop.Order.items"))
def reverse_key():
    for order in Order.objects.all():
        list(order.items.all())


@situation(n_plus_one(3, "shop.Product.tags"))
def many_to_many():
    for product in Product.objects.all():
        list(product.tags.all())


@situation(n_plus_one(3, "shop.Product.tags"), n_plus_one(3, "shop.Product.featured_tags"))
def two_many_to_many_between_the_same_models():
    for product in Product.objects.all():
        list(product.tags.all())
        list(product.featured_tags.all())


@situation(n_plus_one(2, "shop.Tag.products"))
def many_to_many_from_the_other_side():
    for tag in Tag.objects.all():
        list(tag.products.all())


@situation(n_plus_one(3, "shop.Product.label"))
def one_to_one_from_the_other_side():
    for product in Product.objects.all():
        product.label.text


@situation(n_plus_one(3, "shop.Label.product"))
def one_to_one():
    for label in Product.objects.first().label.__class__.objects.all():
        label.product.name


@situation(
    n_plus_one(5, "shop.Order.items"),
    n_plus_one(15, "shop.OrderItem.product"),
    n_plus_one(15, "shop.Product.category"),
)
def three_levels():
    for order in Order.objects.all():
        for item in order.items.all():
            item.product.category.name


@situation(n_plus_one(3, "shop.Product.description"))
def deferred_column():
    for product in Product.objects.only("name"):
        product.description


@situation(n_plus_one(3, "shop.Comment.about"))
def generic_key():
    ContentType.objects.clear_cache()
    for comment in Comment.objects.all():
        comment.about.name


@situation(n_plus_one(5, "shop.Order.items"))
def count_on_a_relation():
    for order in Order.objects.all():
        order.items.count()


@situation(n_plus_one(5, "shop.Order.items"))
def filter_on_a_prefetched_relation():
    for order in Order.objects.prefetch_related("items"):
        list(order.items.filter(quantity=1))


@situation(n_plus_one(5, "shop.Category.children"), write_loop(4))
def recursion_over_a_tree():
    root = Category.objects.create(name="root")
    for _ in range(4):
        root = Category.objects.create(name="branch", parent=root)

    def walk(category: Category) -> None:
        for child in category.children.all():
            walk(child)

    walk(Category.objects.get(name="root"))


@situation(n_plus_one(5, "shop.Order.customer"))
def in_a_function_called_for_each_row():
    def name(order: Order) -> str:
        return order.customer.name

    for order in Order.objects.all():
        name(order)


@situation(n_plus_one(5, "shop.Order.customer"))
def in_a_generator():
    sum(len(order.customer.name) for order in Order.objects.all())


@situation(n_plus_one(5, "shop.Order.customer"))
def after_a_cold_first_call():
    orders = list(Order.objects.all())
    Order.customer.__dict__.pop("RelatedObjectDoesNotExist", None)
    Customer.__dict__.get("_base_manager", None)
    for order in orders:
        order.customer.name


# --- Reads that repeat without a relation ---


@situation(n_plus_one(3, None))
def get_in_a_loop():
    for key in Product.objects.values_list("pk", flat=True):
        Product.objects.get(pk=key)


@situation(n_plus_one(12, None))
def raw_sql_with_the_value_written_into_it():
    with connection.cursor() as cursor:
        for number in range(12):
            cursor.execute(f"SELECT name FROM shop_tag WHERE id = {number}")
            cursor.fetchall()


@situation(n_plus_one(5, "shop.Order.items"))
def prefetch_for_each_row():
    for order in Order.objects.all():
        prefetch_related_objects([order], "items")


@situation(n_plus_one(5, "shop.Order.items"))
def prefetch_for_each_row_of_an_iterator():
    for order in Order.objects.iterator():
        prefetch_related_objects([order], "items")


@situation(n_plus_one(3, None))
def in_lists_of_any_length():
    keys = list(Product.objects.values_list("pk", flat=True))
    for stop in range(1, 4):
        list(Product.objects.filter(pk__in=keys[:stop]))


@situation(("duplicate", 3, None))
def the_same_question_again():
    key = Product.objects.values_list("pk", flat=True).first()
    for _ in range(3):
        Product.objects.get(pk=key)


# --- Serializers and templates ---


class ItemSerializer(serializers.ModelSerializer):
    product_name = serializers.CharField(source="product.name")

    class Meta:
        model = OrderItem
        fields = ("id", "product_name")


class OrderSerializer(serializers.ModelSerializer):
    items = ItemSerializer(many=True)
    payer_name = serializers.CharField(source="payer.name")
    customer_name = serializers.SerializerMethodField()

    def get_customer_name(self, order: Order) -> str:
        return order.customer.name

    class Meta:
        model = Order
        fields = ("id", "items", "payer_name", "customer_name")


@situation(
    n_plus_one(5, "shop.Order.items"),
    n_plus_one(15, "shop.OrderItem.product"),
    n_plus_one(5, "shop.Order.payer"),
    n_plus_one(5, "shop.Order.customer"),
)
def serializer():
    return OrderSerializer(Order.objects.all(), many=True).data


class TwoParties(serializers.ModelSerializer):
    customer_name = serializers.CharField(source="customer.name")
    payer_name = serializers.CharField(source="payer.name")

    class Meta:
        model = Order
        fields = ("customer_name", "payer_name")


@situation()
def two_fields_of_one_object_that_load_one_model():
    return TwoParties(Order.objects.first()).data


@situation(n_plus_one(5, "shop.Order.customer"))
def template():
    source = "{% for order in orders %}{{ order.customer.name }}{% endfor %}"
    return Engine().from_string(source).render(Context({"orders": Order.objects.all()}))


@situation()
def template_that_loads_one_model_in_two_places():
    source = "{{ order.customer.name }}{{ order.payer.name }}"
    return Engine().from_string(source).render(Context({"order": Order.objects.first()}))


# --- Clean ---


def _product(key: int) -> Product:
    return Product.objects.get(pk=key)


@situation()
def one_helper_called_from_three_lines():
    first, second, third = Product.objects.values_list("pk", flat=True)
    _product(first)
    _product(second)
    _product(third)


@situation()
def one_helper_called_three_times_on_one_line():
    first, second, third = Product.objects.values_list("pk", flat=True)
    (_product(first), _product(second), _product(third))


@situation()
def two_places_with_one_query_each():
    list(Product.objects.filter(pk=1))
    list(Product.objects.filter(pk=2))


@situation()
def all_loaded_ahead():
    orders = Order.objects.select_related("customer").prefetch_related("items__product__tags")
    for order in orders:
        for item in order.items.all():
            (order.customer.name, [tag.name for tag in item.product.tags.all()])


@situation()
def bulk_create_in_batches():
    Tag.objects.bulk_create([Tag(name=str(n)) for n in range(10)], batch_size=2)


@situation()
def bulk_update_in_batches():
    tags = [Tag.objects.create(name="x"), *Tag.objects.all()]
    Tag.objects.bulk_update(tags, ["name"], batch_size=1)


@situation()
def prefetch_of_an_iterators_chunks():
    list(Product.objects.prefetch_related("tags").iterator(chunk_size=1))


@situation()
def in_bulk():
    Product.objects.in_bulk()


@situation()
def deleting_with_everything_that_hangs_on_it():
    Order.objects.all().delete()
    Product.objects.all().delete()


@situation()
def reading_in_pages():
    start = 0
    while page := list(Order.objects.order_by("pk")[start : start + 2]):
        start += len(page)


@situation()
def reading_in_key_set_pages():
    last = 0
    while page := list(Order.objects.filter(pk__gt=last).order_by("pk")[:2]):
        last = page[-1].pk


@situation(write_loop(3))
def reading_again_after_a_write():
    for number in range(3):
        Tag.objects.count()
        Tag.objects.create(name=f"more {number}")


@situation()
def savepoints_in_a_loop():
    for _ in range(3):
        with transaction.atomic():
            pass


@situation()
def sessions_and_users():
    user = User.objects.create(username="ada")
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    for _ in range(3):
        request = HttpRequest()
        request.session = SessionStore(session.session_key)
        assert get_user(request) == user
