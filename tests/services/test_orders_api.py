"""Requests through the middleware, alike on each database."""

from __future__ import annotations

import json
import logging

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from nplusone_guard import NPlusOneDetected


def ask_wsgi(path):
    return Client().get(path)


def ask_asgi(path):
    return async_to_sync(AsyncClient().get)(path)


@pytest.fixture(autouse=True)
def api(settings, shop):
    settings.ROOT_URLCONF = "tests.services.orders_api"
    settings.MIDDLEWARE = ["nplusone_guard.middleware.GuardMiddleware"]
    settings.NPLUSONE_GUARD = {"ENABLED": True, "ACTION": "raise", "HEADERS": True}


@pytest.mark.parametrize("ask", [ask_wsgi, ask_asgi])
def test_a_naive_list_names_each_relation(ask):
    with pytest.raises(NPlusOneDetected) as raised:
        ask("/naive/")
    report = raised.value.report
    found = [each for finding in report.findings for each in finding.walk()]
    assert sorted((each.relation, each.count) for each in found) == [
        ("shop.Order.customer", 5),
        ("shop.Order.items", 5),
        ("shop.OrderItem.product", 15),
    ]
    assert (report.queries, report.rows) == (26, 40)


@pytest.mark.parametrize("ask", [ask_wsgi, ask_asgi])
def test_a_tuned_list_is_clean_and_its_rows_are_counted(ask):
    response = ask("/tuned/")
    orders = json.loads(response.content)
    assert [len(order["items"]) for order in orders] == [3] * 5
    assert response.headers["X-Guard-Queries"] == "3"
    assert response.headers["X-Guard-Findings"] == "0"


def test_a_streamed_export_is_traced_to_its_end(settings, caplog):
    settings.NPLUSONE_GUARD = {**settings.NPLUSONE_GUARD, "ACTION": "warn"}
    with caplog.at_level(logging.WARNING, "nplusone_guard"):
        lines = Client().get("/export/").getvalue().splitlines()
    assert len(lines) == 5
    assert "shop.Order.customer" in caplog.text
