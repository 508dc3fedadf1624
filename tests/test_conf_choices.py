"""What the settings decide: when the guard is on, for which paths, and with which budget."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.test import override_settings

from nplusone_guard import Budget
from nplusone_guard.conf import guard_settings


def configured(**keys):
    return override_settings(NPLUSONE_GUARD=keys)


@pytest.mark.parametrize(("debug", "enabled"), [("True", True), ("False", False)])
def test_outside_of_tests_it_is_on_with_debug(debug, enabled):
    code = (
        f"from django.conf import settings; settings.configure(DEBUG={debug})\n"
        "from nplusone_guard.conf import guard_settings\n"
        "print(guard_settings().enabled, guard_settings().headers)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(enabled), str(enabled)]


def test_while_tests_run_it_is_on_without_debug():
    assert guard_settings().enabled


@override_settings(DEBUG=True)
def test_headers_are_on_with_debug():
    assert guard_settings().headers
    with configured(HEADERS=False):
        assert not guard_settings().headers


@override_settings(STATIC_URL="static/")
@pytest.mark.parametrize(
    "path",
    ["/static/app.css", "/favicon.ico", "/robots.txt", "/admin/jsi18n/", "/__debug__/x/"],
)
def test_by_default_what_is_no_page_is_excluded(path):
    assert guard_settings().is_excluded(path)


@pytest.mark.parametrize("path", ["/", "/api/static/", "/orders/", "/jsi18n/more/"])
def test_by_default_pages_are_not_excluded(path):
    assert not guard_settings().is_excluded(path)


@pytest.mark.parametrize("url", ["/", "https://cdn.example.com/", None])
def test_a_static_url_that_is_no_path_below_the_root_excludes_nothing(url):
    with override_settings(STATIC_URL=url):
        assert not guard_settings().is_excluded("/orders/")


def test_the_default_follows_the_static_and_the_media_url():
    with override_settings(STATIC_URL="/assets/", MEDIA_URL="/uploads/"):
        assert guard_settings().is_excluded("/assets/app.css")
        assert guard_settings().is_excluded("/uploads/a.png")
        assert not guard_settings().is_excluded("/static/app.css")


def test_a_list_of_ones_own_takes_the_place_of_the_default():
    with configured(EXCLUDE_PATHS=["/health", "/api/*/internal/"]):
        settings = guard_settings()
        assert settings.is_excluded("/health/live")
        assert settings.is_excluded("/api/v1/internal/")
        assert not settings.is_excluded("/api/v1/internal/x")
        assert not settings.is_excluded("/static/app.css")


BUDGETS = {
    "BUDGET": {"queries": 100, "rows": 1_000},
    "BUDGETS": {
        "api/*": {"queries": 50},
        "api/v1/*": {"queries": 40},
        "POST api/*": {"queries": 30},
        "api/v1/orders/": {"queries": 20, "db_ms": 5},
        "GET api/v1/orders/": {"queries": 10},
    },
}


@pytest.mark.parametrize(
    ("method", "route", "expected"),
    [
        ("GET", "about/", Budget(queries=100, rows=1_000)),
        ("GET", "api/v2/", Budget(queries=50, rows=1_000)),
        ("GET", "api/v1/", Budget(queries=40, rows=1_000)),
        ("POST", "api/v1/", Budget(queries=30, rows=1_000)),
        ("PUT", "api/v1/orders/", Budget(queries=20, db_ms=5, rows=1_000)),
        ("POST", "api/v1/orders/", Budget(queries=20, db_ms=5, rows=1_000)),
        ("GET", "api/v1/orders/", Budget(queries=10, db_ms=5, rows=1_000)),
        ("get", "api/v1/orders/", Budget(queries=10, db_ms=5, rows=1_000)),
    ],
)
def test_the_more_specific_budget_wins_limit_by_limit(method, route, expected):
    with configured(**BUDGETS):
        assert guard_settings().budget_for(method, route) == expected


def test_the_order_of_the_keys_does_not_matter():
    turned = dict(reversed(BUDGETS["BUDGETS"].items()))
    with configured(BUDGETS=turned):
        assert guard_settings().budget_for("GET", "api/v1/orders/") == Budget(queries=10, db_ms=5)


def test_a_route_with_a_regular_expression_is_matched_as_it_is_written():
    route = r"^orders/(?P<pk>[0-9]+)/$"
    with configured(BUDGETS={f"GET {route}": {"queries": 3}}):
        assert guard_settings().budget_for("GET", route) == Budget(queries=3)


def test_without_a_budget_there_is_none():
    with configured(BUDGETS={"api/": {"queries": 4}}):
        assert guard_settings().budget_for("GET", "orders/") is None
