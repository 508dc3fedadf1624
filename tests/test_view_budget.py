from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from nplusone_guard import BudgetExceeded, capture, query_budget
from tests.serving import asgi, guarded, reports, wsgi
from tests.shop.budgets import ROOMY, TIGHT, two_queries
from tests.shop.models import Product

pytestmark = pytest.mark.django_db
each_server = pytest.mark.parametrize("send", [wsgi, asgi], ids=["wsgi", "asgi"])


def exceeded(report):
    return [(each.limit, each.allowed, each.actual) for each in report.violations]


@each_server
@pytest.mark.parametrize("kind", TIGHT)
def test_the_budget_of_a_view_is_judged_once_with_the_whole_request(kind, send):
    with guarded():
        response = send(f"/budget/{kind}/")
    assert b"0 0" in response.content
    assert [(report.label, exceeded(report)) for report in reports] == [
        (f"GET /budget/{kind}/", [("queries", 1, 2)])
    ]


@each_server
@pytest.mark.parametrize("kind", TIGHT)
def test_without_middleware_each_call_is_judged(kind, send):
    with guarded(middleware=[]):
        response = send(f"/budget/{kind}/")
    assert b"0 0" in response.content
    assert [exceeded(report) for report in reports] == [[("queries", 1, 2)]]


@each_server
@pytest.mark.parametrize("kind", TIGHT)
def test_a_request_that_is_not_sampled_is_not_traced_by_its_views_budget_either(kind, send):
    with guarded(SAMPLE_RATE=0.0):
        response = send(f"/budget/{kind}/")
    assert b"0 0" in response.content
    assert reports == []


@each_server
def test_what_runs_after_a_request_that_was_not_sampled_is_traced_again(send):
    held = query_budget(queries=1)(two_queries)
    with guarded(SAMPLE_RATE=0.0):
        send("/budget/class/")
        held()
    assert [exceeded(report) for report in reports] == [[("queries", 1, 2)]]


@each_server
@pytest.mark.parametrize("kind", ROOMY)
def test_a_nearer_budget_replaces_the_one_further_out(kind, send):
    with guarded():
        send(f"/budget/{kind}/")
    assert [exceeded(report) for report in reports] == [[]]


@each_server
@pytest.mark.parametrize("kind", ["overridden", "roomy-action"])
def test_a_nearer_budget_replaces_the_one_further_out_without_middleware(kind, send):
    with guarded(middleware=[]):
        send(f"/budget/{kind}/")
    assert all(report.ok for report in reports)


@each_server
@pytest.mark.parametrize("kind", ["class", "method", "api"])
def test_what_serves_get_serves_head(kind, send):
    with guarded():
        send(f"/budget/{kind}/", method="head")
    assert [exceeded(report) for report in reports] == [[("queries", 1, 2)]]


@each_server
def test_a_budget_of_the_view_goes_before_the_settings(send):
    with guarded(BUDGET={"queries": 7, "rows": 1}, BUDGETS={"budget/*": {"queries": 8}}):
        send("/budget/function/")
    assert [exceeded(report) for report in reports] == [[("queries", 1, 2), ("rows", 1, 2)]]


@each_server
def test_raise_fails_the_request(send):
    with guarded(ACTION="raise"), pytest.raises(BudgetExceeded, match="queries: 2 of 1 allowed"):
        send("/budget/function/")


@each_server
def test_raise_fails_the_call_without_middleware(send):
    with (
        guarded(ACTION="raise", middleware=[]),
        pytest.raises(BudgetExceeded, match="queries: 2 of 1 allowed"),
    ):
        send("/budget/class/")


@each_server
@pytest.mark.parametrize("middleware", [True, False])
def test_the_views_own_exception_goes_first(middleware, send):
    chain = {} if middleware else {"middleware": []}
    with (
        guarded(ACTION="raise", **chain),
        pytest.raises(ZeroDivisionError, match="the view's own"),
    ):
        send("/budget/fails/")


@each_server
def test_a_response_rendered_later_is_judged_with_its_rendering(send):
    with guarded():
        send("/budget/rendered-later/")
    assert [exceeded(report) for report in reports] == [[("queries", 1, 2)]]


@each_server
def test_a_function_within_a_request_is_a_trace_of_its_own(send):
    with guarded():
        send("/budget/helper/")
    assert [(report.label, exceeded(report)) for report in reports] == [
        ("helper", [("queries", 1, 2)]),
        ("GET /budget/helper/", []),
    ]


@each_server
def test_two_budgets_that_are_equal_are_still_two(send):
    """The helper's is the same as the view's, and the helper is not the view."""
    with guarded():
        send("/budget/function-with-helper/")
    assert [report.label for report in reports] == ["helper", "GET /budget/function-with-helper/"]


# Any other function


def test_each_call_of_a_function_is_a_trace():
    @query_budget(queries=1)
    def report_on():
        return two_queries()

    with guarded():
        assert report_on() == "0 0"
        report_on()
    assert [exceeded(report) for report in reports] == [[("queries", 1, 2)]] * 2
    assert reports[0].label.endswith("report_on")


def test_a_coroutine_function_is_held_until_it_returns():
    @query_budget(queries=1)
    async def report_on():
        await Product.objects.acount()
        return await sync_to_async(two_queries)()

    with guarded(ACTION="raise"), pytest.raises(BudgetExceeded, match="3 of 1"):
        async_to_sync(report_on)()


def test_a_function_within_its_budget_is_let_through():
    with guarded(ACTION="raise"):
        assert query_budget(queries=2, n_plus_one=0)(two_queries)() == "0 0"


def test_a_functions_own_exception_goes_first():
    @query_budget(queries=0)
    def fails():
        two_queries()
        raise ZeroDivisionError

    with guarded(ACTION="raise"), capture() as outside:
        with pytest.raises(ZeroDivisionError):
            fails()
        Product.objects.count()
    assert outside.queries == 3


def test_where_the_guard_is_off_nothing_is_held():
    with guarded(ACTION="raise", ENABLED=False):
        assert query_budget(queries=0)(two_queries)() == "0 0"


def test_a_generator_function_is_refused():
    def rows():
        yield two_queries()

    async def async_rows():
        yield two_queries()

    for function in (rows, async_rows):
        with pytest.raises(TypeError, match="after it has returned"):
            query_budget(queries=1)(function)
