"""The panel of django-debug-toolbar, in the real toolbar."""

from __future__ import annotations

import re

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.test import AsyncClient, Client, override_settings
from django.urls import reverse

from tests.conftest import fill

pytest.importorskip("debug_toolbar")

PANEL = "nplusone_guard.integrations.debug_toolbar.GuardPanel"
TOOLBAR = "debug_toolbar.middleware.DebugToolbarMiddleware"
GUARD = "nplusone_guard.middleware.GuardMiddleware"


def always(request):
    return True


ORDERS = {
    "with the middleware": [TOOLBAR, GUARD],
    "within the middleware": [GUARD, TOOLBAR],
    "without the middleware": [TOOLBAR],
}


@pytest.fixture(params=ORDERS)
def toolbar(request, db):
    # The first one alone: apps get ready before other settings of one override are in force.
    with (
        override_settings(STATIC_URL="static/", MIGRATION_MODULES={}),
        override_settings(
            DEBUG=True,
            INSTALLED_APPS=[
                *settings.INSTALLED_APPS,
                "django.contrib.staticfiles",
                "debug_toolbar",
            ],
            MIDDLEWARE=ORDERS[request.param],
            ROOT_URLCONF="tests.toolbar.urls",
            DEBUG_TOOLBAR_PANELS=[
                "debug_toolbar.panels.history.HistoryPanel",
                "debug_toolbar.panels.sql.SQLPanel",
                PANEL,
            ],
            DEBUG_TOOLBAR_CONFIG={
                "SHOW_TOOLBAR_CALLBACK": f"{__name__}.always",
                "IS_RUNNING_TESTS": False,
            },
            NPLUSONE_GUARD={"ACTION": "record"},
        ),
    ):
        from debug_toolbar.middleware import show_toolbar_func_or_path
        from debug_toolbar.toolbar import DebugToolbar

        show_toolbar_func_or_path.cache_clear()
        DebugToolbar._panel_classes = None
        fill()
        yield
        show_toolbar_func_or_path.cache_clear()
        DebugToolbar._panel_classes = None


def panel_of(response):
    """What the panel shows of a request, as the browser loads it."""
    request_id = response.headers.get("djdt-request-id")
    if request_id is None:
        (request_id,) = re.findall(r'data-request-id="(\w+)"', response.content.decode())
    found = Client().get(
        reverse("djdt:render_panel"), {"request_id": request_id, "panel_id": "GuardPanel"}
    )
    return found.json()["content"]


def text(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def test_the_title_says_how_many_queries_and_findings(toolbar):
    page = Client().get("/page/").content.decode()
    assert "Query guard" in page
    assert "6 queries, 1 finding" in page


def test_the_panel_names_relation_place_and_fix(toolbar):
    shown = text(panel_of(Client().get("/page/")))
    assert "N+1 5x shop.Order.customer" in shown
    assert "tests/toolbar/urls.py:15" in shown
    assert "select_related(&quot;customer&quot;)" in shown
    assert "SELECT" in shown


def test_a_request_without_a_finding_is_ok(toolbar):
    assert "1 query, ok" in async_to_sync(AsyncClient().get)("/page-async/").content.decode()


def test_json_of_an_api_is_found_through_the_history(toolbar):
    response = Client().get("/api/orders/")
    assert response.headers["Content-Type"] == "application/json"
    assert "OrderSerializer.customer_name" in text(panel_of(response))


def test_the_toolbars_own_wrapper_of_cursors_is_no_place(toolbar):
    assert "there tests/endpoints.py:72" in text(panel_of(Client().get("/api/orders/")))


def test_the_history_shows_the_panel_of_an_earlier_request(toolbar):
    earlier = Client().get("/page/")
    Client().get("/nothing/")
    assert "N+1 5x" in text(panel_of(earlier))


def test_what_is_accepted_is_no_finding(toolbar):
    assert "6 queries, ok" in Client().get("/accepted/").content.decode()


def test_a_view_that_fails_leaves_no_trace_open(toolbar):
    from nplusone_guard.capture.scope import active

    with pytest.raises(ZeroDivisionError):
        Client().get("/broken/")
    assert active.get() is None


def test_statements_are_shown_as_text(toolbar):
    shown = panel_of(Client().get("/hostile/"))
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_a_fault_of_the_guard_leaves_the_page_as_it_is(toolbar, monkeypatch, caplog):
    def fault(*_, **__):
        raise RuntimeError("planted")

    monkeypatch.setattr("nplusone_guard.report.json.to_dict", fault)
    response = Client().get("/page/")
    assert response.status_code == 200
    assert "not traced" in response.content.decode()
    assert "could not keep a report" in caplog.text
