"""``query_guard.constant``: how ``grow`` and ``call`` are run, and what is left of it."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async
from django.db import IntegrityError, connection, transaction

from nplusone_guard import BudgetExceeded, QueriesGrow
from nplusone_guard.budget import Budget
from nplusone_guard.testing import hold_requests
from tests.shop.models import Customer, Order, Tag

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.endpoints")]


def read_customers():
    for order in Order.objects.all():
        order.customer.name


# --- Sizes ---


def test_each_size_starts_anew_and_the_smallest_once_more_to_warm_up(query_guard, orders):
    asked, found = [], []
    orders(1)

    def grow(number):
        asked.append(number)
        orders(number)

    def call():
        found.append(len(Order.objects.all()))

    query_guard.constant(grow, call, sizes=[2, 5, 8])
    assert asked == [2, 2, 5, 8]
    assert found == [3, 3, 6, 9]


@pytest.mark.parametrize(
    "sizes", [(), (2,), (8, 2), (2, 2), (-1, 2), (0, 1), (2.0, 8), ("2", "8"), (False, 2), "28", 8]
)
def test_sizes_that_can_not_be_compared(query_guard, orders, sizes):
    with pytest.raises(ValueError, match="sizes") as error:
        query_guard.constant(orders, read_customers, sizes)
    assert str(error.value) == (
        "sizes takes two or more whole numbers from 0, each larger than the one before and the "
        f"last at least 2, not {sizes!r}."
    )


# --- Rolling back ---


@pytest.fixture
def left():
    """What there is of rows, by database."""

    def count(*databases):
        return [Tag.objects.using(each).count() for each in databases or ("default",)]

    return count


def tags(number):
    for n in range(number):
        Tag.objects.create(name=f"tag {n}")


def read_tags():
    return list(Tag.objects.all())


def test_nothing_is_left_of_what_was_made(query_guard, left):
    tags(1)
    query_guard.constant(tags, read_tags)
    assert left() == [1]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_where_the_test_has_no_transaction(query_guard, left):
    query_guard.constant(tags, read_tags)
    assert left() == [0]
    assert not connection.in_atomic_block


@pytest.mark.django_db(databases=["default", "other"])
def test_nothing_is_left_on_any_database_of_the_test(query_guard, left):
    def grow(number):
        tags(number)
        Tag.objects.using("other").bulk_create(Tag(name=f"{n}") for n in range(number))

    def call():
        return [*read_tags(), *Tag.objects.using("other")]

    assert query_guard.constant(grow, call).rows == (4, 16)
    assert left("default", "other") == [0, 0]


@pytest.mark.django_db(databases=["default", "other"])
def test_growth_on_another_database_is_growth(query_guard):
    def grow(number):
        Tag.objects.using("other").bulk_create(Tag(name=f"{n}") for n in range(number))

    def call():
        for tag in Tag.objects.using("other"):
            tag.refresh_from_db()

    with pytest.raises(QueriesGrow, match=r"2 → 8  shop.Tag"):
        query_guard.constant(grow, call)


def test_what_grow_raises_is_raised_and_nothing_is_left(query_guard, left):
    def grow(number):
        tags(number)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        query_guard.constant(grow, read_tags)
    assert left() == [0]


def test_what_the_call_raises_is_raised_and_nothing_is_left(query_guard, left):
    def call():
        if len(read_tags()) == 8:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        query_guard.constant(tags, call)
    assert left() == [0]


def test_an_error_of_the_database_leaves_the_test_s_own_transaction_whole(query_guard, left):
    def call():
        Tag.objects.create(pk=Tag.objects.first().pk)

    with pytest.raises(IntegrityError):
        query_guard.constant(tags, call)
    assert left() == [0]
    tags(1)
    assert left() == [1]


def test_durable_blocks_and_nested_ones_run(query_guard, orders):
    def call():
        with transaction.atomic(durable=True), transaction.atomic():
            return list(Order.objects.all())

    growth = query_guard.constant(orders, call)
    assert growth.queries == (1, 1)
    assert growth.report.trace.transactions > 0


# --- Asynchronous code ---


async def aread_customers():
    async for order in Order.objects.all():
        (await Customer.objects.aget(pk=order.customer_id)).name


async def agrow(number):
    for n in range(number):
        customer = await Customer.objects.acreate(name=f"customer {n}")
        await Order.objects.acreate(customer=customer)


def test_asynchronous_functions_are_run(query_guard):
    with pytest.raises(QueriesGrow, match=r"2 → 8  shop.Customer  get"):
        query_guard.constant(agrow, aread_customers)
    assert Order.objects.count() == 0


def test_an_asynchronous_client_is_awaited(query_guard, orders, async_client):
    with pytest.raises(QueriesGrow, match=r"2 → 8  shop.Customer  get"):
        query_guard.constant(orders, lambda: async_client.get("/row-by-row-async/"))


def run_in_a_loop(coroutine):
    from asgiref.sync import async_to_sync

    return async_to_sync(coroutine)()


def test_from_a_running_loop_it_is_refused_with_the_way_to_call_it(query_guard):
    async def test():
        query_guard.constant(agrow, aread_customers)

    with pytest.raises(RuntimeError) as error:
        run_in_a_loop(test)
    assert str(error.value) == (
        "Growth is measured from synchronous code. In an asynchronous test: "
        "await sync_to_async(query_guard.constant)(grow, call)."
    )


def test_from_a_running_loop_through_sync_to_async(query_guard):
    async def test():
        await sync_to_async(query_guard.constant)(agrow, aread_customers)

    with pytest.raises(QueriesGrow, match=r"2 → 8  shop.Customer  get"):
        run_in_a_loop(test)
    assert Order.objects.count() == 0


# --- Beside other parts of the guard ---


def test_requests_within_are_held_to_their_budget(query_guard, orders, client):
    def call():
        return client.get("/row-by-row/")

    with hold_requests(Budget(queries=9)), pytest.raises(QueriesGrow):
        query_guard.constant(orders, call)
    with hold_requests(Budget(queries=8)), pytest.raises(BudgetExceeded, match="9 of 8 allowed"):
        query_guard.constant(orders, call)


def test_a_threshold_in_the_settings_does_not_hide_the_fix(query_guard, orders, settings):
    settings.NPLUSONE_GUARD = {"THRESHOLD": 100}
    with pytest.raises(QueriesGrow, match="select_related"):
        query_guard.constant(orders, read_customers)
