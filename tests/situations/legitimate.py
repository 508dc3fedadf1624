"""Repetition that is nobody's mistake."""

from __future__ import annotations

from time import sleep

from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest

from tests.shop.models import Category, Order, OrderItem, Product, Tag
from tests.situations.situation import situation, write_loop


@situation()
def bulk_create_in_batches():
    Tag.objects.bulk_create([Tag(name=str(n)) for n in range(10)], batch_size=2)
    return Tag.objects.count()


@situation()
def bulk_update_in_batches():
    tags = list(Tag.objects.all())
    for tag in tags:
        tag.name += "!"
    Tag.objects.bulk_update(tags, ["name"], batch_size=1)
    return sorted(Tag.objects.values_list("name", flat=True))


@situation()
def prefetch_of_an_iterators_chunks():
    products = Product.objects.prefetch_related("tags").iterator(chunk_size=1)
    return [len(product.tags.all()) for product in products]


@situation()
def prefetch_of_two_levels_for_an_iterators_chunks():
    found = []
    for order in Order.objects.prefetch_related("items__product__tags").iterator(chunk_size=2):
        for item in order.items.all():
            found.append(len(item.product.tags.all()))
    return found


@situation()
def keys_in_more_than_one_list():
    keys = list(Order.objects.values_list("pk", flat=True)) + list(range(100_000, 102_000))
    return len(Order.objects.in_bulk(keys))


@situation()
def deleting_with_everything_that_hangs_on_it():
    Order.objects.all().delete()
    Product.objects.all().delete()
    return OrderItem.objects.count()


@situation()
def reading_in_pages():
    start = 0
    while page := list(Order.objects.order_by("pk")[start : start + 2]):
        start += len(page)
    return start


@situation()
def reading_in_key_set_pages():
    found = last = 0
    while page := list(Order.objects.filter(pk__gt=last).order_by("pk")[:2]):
        last = page[-1].pk
        found += len(page)
    return found


@situation(
    write_loop(3),
    fix="Tag.objects.bulk_create(objects)",
    rewrite={
        "    for number": "    objects = []\n    for number",
        'Tag.objects.create(name=f"more {number}")': 'objects.append(Tag(name=f"more {number}"))',
        "Tag.objects.count()": "before + number",
        "    counts = []\n": "    counts = []\n    before = Tag.objects.count()\n",
        "    return": "    {0}\n    return",
    },
)
def reading_again_after_a_write():
    counts = []
    for number in range(3):
        counts.append(Tag.objects.count())
        Tag.objects.create(name=f"more {number}")
    return counts


@situation()
def savepoints_in_a_loop():
    for _ in range(3):
        with transaction.atomic():
            pass


@situation()
def sessions_and_users():
    user, _ = User.objects.get_or_create(username="ada")
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    for _ in range(3):
        request = HttpRequest()
        request.session = SessionStore(session.session_key)
        assert get_user(request) == user


@situation()
def a_question_tried_again_after_it_failed():
    attempts = []

    def unsteady(execute, *arguments):
        attempts.append(1)
        if len(attempts) < 4:
            raise OperationalError("the database is locked")
        return execute(*arguments)

    with connection.execute_wrapper(unsteady):
        while True:
            try:
                return Tag.objects.count()
            except OperationalError:
                pass


@situation()
def polling():
    counts = []
    for _ in range(3):
        counts.append(Tag.objects.count())
        sleep(0.12)
    return counts


@situation()
def refreshing():
    category = Category.objects.get(name="books")
    for _ in range(3):
        category.refresh_from_db()
    return category.name
