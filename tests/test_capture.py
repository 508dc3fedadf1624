from __future__ import annotations

import contextvars

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import Client

from nplusone_guard import Budget, BudgetExceeded, NPlusOneDetected, capture
from tests.shop.models import Order, Product, Tag


def told(report):
    return [(finding.kind, finding.count, finding.relation) for finding in report.findings]


def customers(start=0, stop=5):
    return [order.customer.name for order in Order.objects.order_by("pk")[start:stop]]


def first_customer():
    return Order.objects.first().customer


LOOP = [("n_plus_one", 5, "shop.Order.customer")]


def test_a_label_is_the_calling_function_unless_one_is_given(db):
    with capture() as report, capture(label="nightly export") as labelled:
        pass
    assert report.label == "test_a_label_is_the_calling_function_unless_one_is_given"
    assert labelled.label == "nightly export"


@pytest.mark.parametrize(("threshold", "found"), [(None, LOOP), (5, LOOP), (6, [])])
def test_a_threshold_is_the_number_of_calls_that_make_a_finding(threshold, found, shop):
    with capture(threshold=threshold) as report:
        customers()
    assert told(report) == found


def test_the_threshold_of_the_settings_holds_unless_one_is_given(shop, settings):
    settings.NPLUSONE_GUARD = {"THRESHOLD": 6}
    with capture() as report, capture(threshold=2) as stricter:
        customers()
    assert told(report) == []
    assert told(stricter) == LOOP


@pytest.mark.parametrize("threshold", [1, 0, -3])
def test_a_threshold_below_two_is_refused(threshold):
    with pytest.raises(ValueError, match="from 2"):
        capture(threshold=threshold)


def test_nothing_is_raised_until_it_is_asked_for(shop):
    with capture(budget=Budget(queries=3)) as report:
        customers()
    assert [str(each) for each in report.violations] == ["queries: 6 of 3 allowed"]
    with pytest.raises(BudgetExceeded, match="queries: 6 of 3 allowed"):
        report.raise_for_violations()


def test_an_n_plus_one_is_raised_when_it_is_asked_for(shop):
    with capture() as report:
        customers()
    with pytest.raises(NPlusOneDetected, match=r"shop\.Order\.customer"):
        report.raise_for_violations()


def test_an_exception_passes_and_the_report_can_be_read(shop):
    def fails():
        customers()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), capture() as report:
        fails()
    assert (report.queries, told(report)) == (6, LOOP)


def test_a_query_that_fails_is_counted_and_its_exception_passes(shop):
    with capture() as report, pytest.raises(Order.DoesNotExist):
        Order.objects.get(pk=-1)
    assert report.queries == 1


# Open and closed


def test_a_report_can_be_read_while_it_is_open(shop):
    with capture() as report:
        assert (report.queries, told(report)) == (0, [])
        customers()
        assert (report.queries, told(report)) == (6, LOOP)
        customers()
        assert report.queries == 12
    assert report.queries == 12


def test_reading_it_while_it_is_open_changes_nothing(shop):
    with capture() as watched:
        for _ in range(3):
            Product.objects.count()
            str(watched)
            watched.to_dict()
    with capture() as report:
        for _ in range(3):
            Product.objects.count()
    assert told(watched) == told(report) == [("duplicate", 3, None)]


def test_a_report_does_not_change_after_its_end(shop):
    with capture() as report:
        rows = Order.objects.iterator(chunk_size=1)
        next(rows)
    before = report.to_dict()
    customers()
    list(rows)
    assert report.to_dict() == before


def test_one_capture_can_be_used_again(shop):
    traced = capture(label="again")
    with traced as first:
        customers()
    with traced as second:
        Order.objects.count()
    assert (first.queries, second.queries) == (6, 1)


def test_it_may_end_in_another_context_than_it_began_in(shop):
    traced = capture()
    report = contextvars.copy_context().run(traced.__enter__)
    traced.__exit__(None, None, None)
    with capture() as after:
        customers()
    assert (report.queries, after.queries) == (0, 6)


# Nested


def test_an_inner_capture_reports_its_part_and_the_outer_one_the_whole(shop):
    with capture() as outer:
        Product.objects.count()
        with capture() as inner:
            customers()
        Tag.objects.count()
    assert (inner.queries, told(inner)) == (6, LOOP)
    assert (outer.queries, told(outer)) == (8, LOOP)
    assert outer.rows == inner.rows + 2


def test_three_levels_each_report_what_is_within(shop):
    with capture() as outer:
        with capture() as middle:
            with capture() as inner:
                customers()
            customers()
        customers()
    assert [report.queries for report in (inner, middle, outer)] == [6, 12, 18]


def test_an_open_inner_capture_is_seen_in_the_outer_report(shop):
    with capture() as outer, capture():
        customers()
        assert (outer.queries, told(outer)) == (6, LOOP)


def test_what_repeats_only_across_two_captures_is_no_loop(shop):
    def part():
        with capture() as report:
            first_customer()
        return report

    with capture() as outer:
        inner = [part() for _ in range(3)]
    assert [told(report) for report in inner] == [[], [], []]
    assert (outer.queries, told(outer)) == (6, [])


def test_what_repeats_only_across_two_requests_is_no_loop(shop):
    keys = Order.objects.values_list("pk", flat=True)
    with capture() as report:
        for key in [*keys, *keys]:
            Client().get(f"/orders/{key}/")
    assert (report.queries, told(report)) == (11, [])


def test_a_loop_in_one_of_two_requests_is_found(shop):
    with capture() as report:
        Client().get("/orders/")
        Client().get("/orders/")
    assert (report.queries, told(report)) == (12, [("n_plus_one", 10, "shop.Order.customer")])


# Async


def test_async_with_traces_a_block(shop):
    async def run():
        async with capture() as report:
            async for order in Order.objects.select_related("customer"):
                await Product.objects.filter(pk=order.pk).aexists()
        return report

    report = async_to_sync(run)()
    assert (report.queries, told(report)) == (6, [("n_plus_one", 5, None)])


def test_async_with_lets_an_exception_pass(shop):
    async def run():
        async with capture() as report:
            reports.append(report)
            await Order.objects.acount()
            raise ZeroDivisionError

    reports = []
    with pytest.raises(ZeroDivisionError):
        async_to_sync(run)()
    assert reports[0].queries == 1


# Other libraries


def test_a_wrapper_of_another_library_can_come_and_go_inside(shop):
    seen = []

    def other(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    with capture() as report:
        Order.objects.count()
        with connection.execute_wrapper(other):
            customers()
        Order.objects.count()
    Order.objects.count()
    assert (report.queries, len(seen)) == (8, 6)
    assert other not in connection.execute_wrappers


def test_a_capture_can_come_and_go_inside_a_wrapper_of_another_library(shop):
    seen = []

    def other(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(other):
        with capture() as report:
            customers()
        Order.objects.count()
    assert (report.queries, len(seen)) == (6, 7)
