"""``query_guard.constant``: what grows with the data, what does not, and how it is told."""

from __future__ import annotations

import re
from functools import cache

import pytest
from django.core.paginator import Paginator
from django.db import connection, transaction
from django.db.models import prefetch_related_objects

from nplusone_guard import QueriesGrow, allow
from tests.shop.models import Customer, Order, OrderItem, Product, Tag

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.endpoints")]


def failure(query_guard, grow, call, sizes=(2, 8)):
    with pytest.raises(QueriesGrow) as error:
        query_guard.constant(grow, call, sizes)
    return str(error.value)


def heads(text):
    """The lines that tell the counts of what grew."""
    return [line.strip() for line in text.splitlines() if re.match(r"  \d+ → ", line)]


def read_customers():
    for order in Order.objects.all():
        order.customer.name


def test_a_query_for_each_row_fails_with_its_fix(query_guard, orders):
    line = read_customers.__code__.co_firstlineno
    text = failure(query_guard, orders, read_customers)
    text = re.sub(r" Or\s+fetch_mode\(.+?\), which needs no names\.", "", text)  # since Django 6.1
    assert (
        text.replace("`", '"')  # MariaDB's quotes
        == f"""\
test_a_query_for_each_row_fails_with_its_fix  queries grow with the data, linear: 1 query per row
  size        2   8
  queries     3   9
  rows read   4  16
  Two sizes only hint at the order; sizes=(2, 8, 32) would show it.
  2 → 8  shop.Order.customer  lazy forward
      at    tests/suite/test_growth.py:{line + 2} in read_customers
            {line + 2} | order.customer.name
                 ^^^^^^^^^^^^^^
      fix   select_related("customer")
            Add it to the queryset built there: a join instead of a query per row.
      there tests/suite/test_growth.py:{line + 1} in read_customers
            {line + 1} | for order in Order.objects.all():
                              ^^^^^^^^^^^^^^^^^^^
      sql   SELECT "shop_customer"."id", "shop_customer"."name" FROM "shop_customer" WHERE \
"shop_cu…"""
    )


def test_what_does_not_grow_passes_and_is_told(query_guard, orders, client):
    growth = query_guard.constant(orders, lambda: client.get("/joined/"))
    assert (growth.sizes, growth.queries, growth.rows) == ((2, 8), (1, 1), (2, 8))
    assert growth.order.kind == "constant"
    assert growth.report.label == "test_what_does_not_grow_passes_and_is_told at size 8"
    assert (
        str(growth)
        == """\
test_what_does_not_grow_passes_and_is_told  queries do not grow with the data
  size       2  8
  queries    1  1
  rows read  2  8"""
    )


def test_a_request_is_told_by_its_field(query_guard, orders, client):
    text = failure(query_guard, orders, lambda: client.get("/api/orders/"))
    assert heads(text) == ["2 → 8  shop.Order.customer  lazy forward"]
    assert "field OrderSerializer.customer_name\n" in text
    assert 'fix   select_related("customer")\n' in text


def test_the_error_has_the_report_of_the_largest_size(query_guard, orders):
    with pytest.raises(QueriesGrow) as error:
        query_guard.constant(orders, read_customers)
    assert error.value.report.queries == 9
    assert [each.count for each in error.value.report.findings] == [8]


def read_products():
    for order in Order.objects.all():
        for item in order.items.all():
            item.product.name


def test_what_one_line_mends_is_one_growth(query_guard, orders):
    text = failure(query_guard, orders, read_products)
    assert "queries grow with the data, linear: 3 queries per row\n" in text
    assert heads(text) == ["6 → 24  shop.Order.items  lazy reverse"]
    assert "sum    8x shop.Order.items\n            16x shop.OrderItem.product" in text
    assert 'fix   prefetch_related("items__product")\n' in text


def test_several_causes_are_told_the_worst_first(query_guard, orders):
    def call():
        read_customers()
        read_products()

    text = failure(query_guard, orders, call)
    assert heads(text) == [
        "6 → 24  shop.Order.items  lazy reverse",
        "2 → 8  shop.Order.customer  lazy forward",
    ]


def test_of_many_statements_that_grow_ten_are_told(query_guard, orders):
    def call():
        for order in Order.objects.all():
            for number in range(12):
                Order.objects.filter(pk=order.pk).values_list(*["pk", "note"] * number)[0]

    text = failure(query_guard, orders, call, (1, 20))
    assert heads(text) == ["1 → 20  shop.Order  iterate"] * 10
    assert text.endswith("\n  and 2 more that grew")
    assert "sizes=(1, 20, 40) would show it" in text


# --- The order ---


def test_three_sizes_tell_how_sure_the_order_is(query_guard, orders):
    text = failure(query_guard, orders, read_customers, (2, 8, 32))
    assert "queries grow with the data, linear: 1 query per row\n" in text
    assert "  size        2   8  32\n  queries     3   9  33\n" in text
    assert "  All 3 sizes fit.\n" in text
    assert heads(text) == ["2 → 8 → 32  shop.Order.customer  lazy forward"]


def test_a_loop_within_a_loop_is_worse_than_linear(query_guard, orders):
    def call():
        for _ in Order.objects.all():
            read_customers()

    text = failure(query_guard, orders, call, (2, 8, 16))
    assert "queries grow with the data, worse than linear: like n²\n" in text
    assert "  The 3 sizes fit to within 2 queries: take the order as a rough one.\n" in text


def test_a_page_bounds_what_grows_on_it(query_guard, orders):
    def call():
        for order in Order.objects.all()[:10]:
            order.customer.name

    text = failure(query_guard, orders, call, (2, 8, 32))
    assert "queries grow with the data, less than linear: a page or a cache may bound it\n" in text
    assert "  No line fits the 3 sizes: the first rows cost more than the last.\n" in text
    assert heads(text) == ["2 → 8 → 10  shop.Order.customer  lazy forward"]


# --- What a single run does not show ---


def test_one_row_shows_nothing_by_itself_and_is_found(query_guard, orders):
    orders(1)
    with query_guard.capture() as report:
        read_customers()
    assert report.findings == ()
    Order.objects.all().delete()
    assert heads(failure(query_guard, orders, read_customers, (1, 2))) == [
        "1 → 2  shop.Order.customer  lazy forward"
    ]


def test_a_cache_that_the_first_calls_fill_hides_no_growth(query_guard, orders):
    names = {}

    def call():
        for order in Order.objects.all():
            if order.pk not in names:
                names[order.pk] = order.customer.name

    assert "shop.Order.customer" in failure(query_guard, orders, call)


def test_a_memo_of_each_call_hides_no_growth(query_guard, orders):
    def call():
        @cache
        def name(pk):
            return Customer.objects.get(pk=pk).name

        for order in Order.objects.all():
            name(order.customer_id)

    assert heads(failure(query_guard, orders, call)) == ["2 → 8  shop.Customer  get"]


READERS = [
    lambda order: order.customer.name,
    lambda order: order.customer.name,
    lambda order: order.customer.name,
]


def test_a_line_for_each_row_is_told_with_its_places_and_without_a_fix(query_guard, orders):
    def call():
        for reader, order in zip(READERS, Order.objects.all()):
            reader(order)

    text = failure(query_guard, orders, call, (1, 3))
    assert heads(text) == ["1 → 3  shop.Order.customer  lazy forward"]
    assert re.search(r"      at    tests/suite/test_growth\.py:\d+ in <lambda>\n", text)
    assert text.endswith("\n      from  2 other places too")
    assert "      fix " not in text


def test_a_statement_of_its_own_for_each_row_is_growth(query_guard, orders):
    def call():
        with connection.cursor() as cursor:
            for number in range(Order.objects.count()):
                cursor.execute(f"SELECT count(*) AS count_{number} FROM shop_order")

    text = failure(query_guard, orders, call)
    assert "queries grow with the data, linear: 1 query per row\n" in text


def test_a_request_for_each_row_is_growth(query_guard, orders, client):
    def call():
        for _ in Order.objects.all():
            client.get("/joined/")

    text = failure(query_guard, orders, call)
    assert "  queries     3   9\n" in text
    assert heads(text) == ["2 → 8  shop.Order  iterate"]


def test_rows_written_one_by_one_are_growth(query_guard, orders):
    def call():
        for order in Order.objects.all():
            order.note = "seen"
            order.save(update_fields=["note"])

    text = failure(query_guard, orders, call)
    assert heads(text) == ["2 → 8  shop.Order  update"]
    assert "bulk_update" in text


def test_growth_between_the_first_two_of_three_sizes_is_growth(query_guard, orders):
    def call():
        for order in Order.objects.all():
            if Order.objects.count() < 10:
                order.customer.name
                continue

    assert "2 → 8 → 0  shop.Order.customer" in failure(query_guard, orders, call, (2, 8, 12))


# --- What is no growth ---


def test_what_the_first_call_loads_and_keeps_is_no_growth(query_guard, orders):
    kept = []

    def call():
        if not kept:
            kept.append(Tag.objects.count())
        return list(Order.objects.all())

    assert query_guard.constant(orders, call).queries == (1, 1)


def test_a_count_that_falls_is_no_failure(query_guard, orders):
    def call():
        if len(Order.objects.all()) < 8:
            read_customers()

    assert query_guard.constant(orders, call).queries == (4, 1)


def test_a_list_of_keys_that_grows_is_one_statement(query_guard, orders):
    def call():
        keys = [order.customer_id for order in Order.objects.all()]
        return list(Customer.objects.filter(pk__in=keys))

    assert query_guard.constant(orders, call).queries == (2, 2)


def test_a_prefetch_that_nothing_needs_at_first_is_no_growth(query_guard, orders):
    def call():
        return list(Order.objects.prefetch_related("items__product", "customer"))

    assert query_guard.constant(orders, call, (0, 8)).queries == (1, 4)


def test_from_no_rows_on_a_query_for_each_is_growth(query_guard, orders):
    assert heads(failure(query_guard, orders, read_customers, (0, 8))) == [
        "0 → 8  shop.Order.customer  lazy forward"
    ]


def test_chunks_and_batches_are_no_growth(query_guard, orders):
    def call():
        for order in Order.objects.prefetch_related("items").iterator(chunk_size=4):
            list(order.items.all())
        Tag.objects.bulk_create([Tag(name="new") for _ in Order.objects.all()], batch_size=4)

    assert query_guard.constant(orders, call).queries == (4, 6)


def test_a_prefetch_for_each_row_is_growth(query_guard, orders):
    def call():
        for order in Order.objects.all():
            prefetch_related_objects([order], "items")

    assert "2 → 8  shop.Order.items" in failure(query_guard, orders, call)


def test_a_result_read_in_pages_is_no_growth(query_guard, orders):
    def call():
        for page in Paginator(Order.objects.order_by("pk"), 3):
            list(page)

    assert query_guard.constant(orders, call).queries == (2, 4)


def test_sizes_beyond_a_page_are_constant(query_guard, orders):
    def call():
        for order in Order.objects.order_by("pk")[:5]:
            order.customer.name

    assert query_guard.constant(orders, call, (6, 12)).queries == (6, 6)


def test_what_is_allowed_may_grow(query_guard, orders):
    with allow(relation="shop.Order.customer", reason="few orders"):
        assert query_guard.constant(orders, read_customers).queries == (3, 9)
        assert heads(failure(query_guard, orders, lambda: (read_customers(), read_products()))) == [
            "6 → 24  shop.Order.items  lazy reverse"
        ]


def test_transactions_within_the_call_are_not_counted(query_guard, orders):
    def call():
        for _ in Order.objects.all():
            with transaction.atomic():
                pass

    assert query_guard.constant(orders, call).queries == (1, 1)


def test_rows_that_are_there_before_count_at_each_size(query_guard, orders):
    orders(3)
    text = failure(query_guard, orders, read_customers)
    assert "  queries     6  12\n" in text
    assert "linear: 1 query per row" in text
    assert OrderItem.objects.count() == 6
    assert Product.objects.count() == 6
