from __future__ import annotations

import logging

import pytest
from django.core import mail
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory
from django.test.utils import override_settings
from django.urls import clear_script_prefix

from nplusone_guard import BudgetExceeded, NPlusOneDetected
from tests.serving import MIDDLEWARE, WAYS, asgi, guarded, reports, wsgi

INNER = "django.middleware.common.CommonMiddleware"


def told(report):
    return [(finding.kind, finding.count, finding.relation) for finding in report.findings]


@pytest.mark.parametrize("way", WAYS)
def test_findings_are_the_same_whichever_way_a_request_comes_in(way, shop):
    send, prefix = WAYS[way]
    with guarded():
        response = send(f"/{prefix}orders/")
    (report,) = reports
    assert response.status_code == 200
    assert report.queries == 6
    assert told(report) == [("n_plus_one", 5, "shop.Order.customer")]
    assert report.findings[0].location.function == "customer_name"


def test_a_report_names_the_request(shop):
    with guarded():
        wsgi("/orders/1/?token=abc")
    (report,) = reports
    form = report.to_dict()
    assert [form[key] for key in ("label", "route", "method")] == [
        "GET /orders/1/",
        "orders/<int:pk>/",
        "GET",
    ]


@pytest.mark.parametrize("send", [wsgi, asgi])
def test_a_page_not_found_has_a_status_and_no_route(send, db):
    with guarded():
        send("/nowhere/")
    (report,) = reports
    assert (report.trace.route, report.trace.status, report.queries) == (None, 404, 0)


@pytest.mark.parametrize("send", [wsgi, asgi])
def test_any_place_in_the_chain_works(send, shop):
    with guarded(middleware=[INNER, MIDDLEWARE, "django.middleware.gzip.GZipMiddleware"]):
        response = send("/orders/")
    (report,) = reports
    assert len(response.json()["names"]) == 5
    assert told(report) == [("n_plus_one", 5, "shop.Order.customer")]


@pytest.mark.parametrize("send", [wsgi, asgi])
def test_without_a_setting_a_finding_is_logged_as_a_warning(send, shop, caplog):
    caplog.set_level(logging.INFO, "nplusone_guard")
    with override_settings(MIDDLEWARE=[MIDDLEWARE]):
        send("/orders/")
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("nplusone_guard", logging.WARNING)
    assert "GET /orders/" in record.getMessage()
    assert 'select_related("customer")' in record.getMessage()


def test_without_a_finding_there_is_no_warning(shop, caplog):
    caplog.set_level(logging.INFO, "nplusone_guard")
    with override_settings(MIDDLEWARE=[MIDDLEWARE]):
        wsgi("/orders/tuned/")
    (record,) = caplog.records
    assert record.levelno == logging.INFO


def test_action_record_says_nothing(shop, caplog):
    caplog.set_level(logging.INFO, "nplusone_guard")
    with guarded(ACTION="record", HEADERS=True):
        response = wsgi("/orders/")
    assert response.headers["X-Guard-Findings"] == "1"
    assert (reports, caplog.records) == ([], [])


def test_each_reporter_gets_the_report_also_after_one_that_fails(shop, caplog):
    with guarded(REPORTERS=["tests.serving.broken", "tests.serving.collect"]):
        response = wsgi("/orders/")
    assert response.status_code == 200
    assert len(reports) == 1
    (record,) = caplog.records
    assert "broken" in record.getMessage()


# What is traced


@pytest.mark.parametrize("debug", [True, False])
def test_outside_of_tests_it_follows_debug(debug, shop, monkeypatch):
    monkeypatch.delattr(mail, "outbox")
    with guarded(), override_settings(DEBUG=debug):
        wsgi("/orders/")
    assert len(reports) == debug


@pytest.mark.parametrize("enabled", [True, False])
def test_enabled_decides_where_it_is_set(enabled, shop, monkeypatch):
    monkeypatch.delattr(mail, "outbox")
    with guarded(ENABLED=enabled), override_settings(DEBUG=not enabled):
        wsgi("/orders/")
    assert len(reports) == enabled


@pytest.mark.parametrize(
    "path", ["/static/site.css", "/media/photo.jpg", "/favicon.ico", "/admin/jsi18n/"]
)
def test_what_no_developer_asked_for_is_left_out(path, shop):
    with guarded(HEADERS=True), override_settings(STATIC_URL="static/", MEDIA_URL="media/"):
        response = wsgi(path)
    assert len(response.json()["names"]) == 5
    assert reports == []
    assert "X-Guard-Queries" not in response.headers


def test_a_site_below_a_prefix_is_traced(shop):
    environ = RequestFactory().get("/orders/", SCRIPT_NAME="/site").environ
    with guarded():
        try:
            WSGIHandler()(environ, lambda *_: None)
        finally:
            clear_script_prefix()
    assert [report.label for report in reports] == ["GET /site/orders/"]


@pytest.mark.parametrize(
    ("pattern", "traced"),
    [("/orders/", False), ("/ord*/tuned/", False), ("/async/", True), ("orders/", True)],
)
def test_excluded_paths_are_prefixes_or_patterns(pattern, traced, shop):
    with guarded(EXCLUDE_PATHS=[pattern]):
        wsgi("/orders/tuned/")
    assert len(reports) == traced


@pytest.mark.parametrize(("rate", "traced"), [(0, 0), (1, 3)])
def test_sample_rate_is_the_share_of_requests_traced(rate, traced, shop):
    with guarded(SAMPLE_RATE=rate):
        for _ in range(3):
            wsgi("/orders/")
    assert len(reports) == traced


# ACTION: raise


@pytest.mark.parametrize("way", WAYS)
def test_raise_fails_the_request_with_the_whole_report(way, shop):
    send, prefix = WAYS[way]
    with guarded(ACTION="raise"), pytest.raises(NPlusOneDetected) as caught:
        send(f"/{prefix}orders/")
    assert isinstance(caught.value, AssertionError)
    assert str(caught.value) == str(caught.value.report)
    assert "N+1 5x  shop.Order.customer" in str(caught.value)
    assert 'select_related("customer")' in str(caught.value)


@pytest.mark.parametrize("send", [wsgi, asgi])
def test_raise_fails_a_request_over_budget(send, shop):
    with (
        guarded(ACTION="raise", BUDGET={"queries": 0}),
        pytest.raises(BudgetExceeded, match="queries: 1 of 0 allowed") as caught,
    ):
        send("/orders/tuned/")
    assert isinstance(caught.value, AssertionError)


@pytest.mark.parametrize("send", [wsgi, asgi])
def test_raise_shows_the_report_on_the_debug_page(send, shop):
    with guarded(ACTION="raise"), override_settings(DEBUG=True):
        response = send("/orders/", raise_request_exception=False)
    page = response.content.decode()
    assert response.status_code == 500
    assert "NPlusOneDetected" in page
    assert "shop.Order.customer" in page
    assert "select_related(&quot;customer&quot;)" in page


@pytest.mark.parametrize("path", ["/orders/tuned/", "/orders/twice/"])
def test_raise_lets_pass_what_is_no_error(path, shop):
    with guarded(ACTION="raise"):
        assert wsgi(path).status_code == 200
    assert len(reports) == 1


@pytest.mark.parametrize("way", WAYS)
def test_raise_does_not_hide_the_views_own_exception(way, shop):
    send, prefix = WAYS[way]
    with guarded(ACTION="raise"), pytest.raises(ZeroDivisionError, match="the view's own"):
        send(f"/{prefix}fails/")
    (report,) = reports
    assert (report.trace.status, report.queries) == (500, 6)


@pytest.mark.parametrize("send", [wsgi, asgi])
def test_raise_does_not_hide_a_response_that_tells_of_an_error(send, shop):
    with guarded(ACTION="raise"):
        assert send("/unavailable/").status_code == 503


@pytest.mark.parametrize("way", WAYS)
def test_an_exception_that_passes_through_the_chain_ends_the_trace(way, shop):
    send, prefix = WAYS[way]
    with guarded(), override_settings(DEBUG_PROPAGATE_EXCEPTIONS=True):
        with pytest.raises(ZeroDivisionError):
            send(f"/{prefix}fails/")
        send("/orders/tuned/")
    (report,) = reports
    assert (report.label, report.queries) == ("GET /orders/tuned/", 1)


# HEADERS


@pytest.mark.parametrize("way", WAYS)
def test_headers_tell_counts_and_times(way, shop):
    send, prefix = WAYS[way]
    with guarded(HEADERS=True):
        headers = send(f"/{prefix}orders/").headers
    (report,) = reports
    assert headers["X-Guard-Queries"] == "6"
    assert headers["X-Guard-Findings"] == "1"
    assert headers["Server-Timing"] == (
        f'db;dur={report.db_ms:.1f};desc="6 queries", app;dur={report.wall_ms - report.db_ms:.1f}'
    )


def test_a_server_timing_of_the_app_stays_in_front(shop):
    with guarded(HEADERS=True):
        timing = wsgi("/timed/").headers["Server-Timing"]
    assert timing.startswith("cache;dur=2.0, db;dur=")


@pytest.mark.parametrize("debug", [True, False])
def test_headers_follow_debug_where_they_are_not_set(debug, shop):
    with guarded(), override_settings(DEBUG=debug):
        headers = wsgi("/orders/").headers
    assert ("X-Guard-Queries" in headers) is debug


# BUDGETS


@pytest.mark.parametrize(
    ("budgets", "allowed"),
    [
        ({}, 9),
        ({"orders/<int:pk>/": {"queries": 0}}, 9),
        ({"POST orders/": {"queries": 0}}, 9),
        ({"orders/": {"queries": 5}}, 5),
        ({"GET orders/": {"queries": 5}}, 5),
        ({"ord*": {"queries": 5}}, 5),
        ({"*": {"queries": 1}, "ord*": {"queries": 5}}, 5),
        ({"orders*": {"queries": 5}, "GET *": {"queries": 1}}, 1),
        ({"GET *": {"queries": 1}, "orders/": {"queries": 5}}, 5),
        ({"GET orders/": {"queries": 5}, "orders/": {"queries": 1}}, 5),
    ],
)
def test_the_most_specific_budget_of_a_route_holds(budgets, allowed, shop):
    with guarded(BUDGET={"queries": 9}, BUDGETS=budgets):
        wsgi("/orders/")
    (report,) = reports
    assert [(each.limit, each.allowed, each.actual) for each in report.violations] == (
        [("queries", allowed, 6)] if allowed < 6 else []
    )


def test_budgets_of_a_route_add_up_limit_by_limit(shop):
    with guarded(BUDGET={"rows": 1}, BUDGETS={"orders/*": {"queries": 0}}):
        wsgi("/orders/tuned/")
    (report,) = reports
    assert [str(each) for each in report.violations] == [
        "queries: 1 of 0 allowed",
        "rows: 5 of 1 allowed",
    ]
    assert not report.ok
