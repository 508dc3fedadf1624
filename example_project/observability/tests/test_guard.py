"""A slow query is a line in the log, with the request's id and without what it was asked with."""

from __future__ import annotations

import json

import pytest

ORDERS = "/api/v1/orders/"


@pytest.fixture
def warned(log):
    """``warned()``: the lines that the guard has logged."""
    return lambda: [line for line in log() if line["logger"] == "nplusone_guard"]


@pytest.fixture
def limit(settings):
    """``limit(5)``: production's guard, with so many milliseconds as the limit."""

    def change(milliseconds):
        settings.NPLUSONE_GUARD = {
            **settings.NPLUSONE_GUARD,
            "ACTION": "warn",
            "SLOW_QUERY_MS": milliseconds,
        }

    return change


def test_a_slow_query_is_logged_with_the_request_s_id_and_no_parameter(
    hers, grow, ada, warned, limit
):
    grow(2, customer=ada)
    limit(0.000_1)
    response = hers.get(f"{ORDERS}?created_from=1815-12-10T09:11:13Z")
    assert response.json()["count"] == 2
    lines = warned()
    assert {line["request_id"] for line in lines} == {response.headers["X-Request-ID"]}
    assert {line["kind"] for line in lines} == {"slow"}
    assert {line["level"] for line in lines} == {"warning"}
    assert {line["route"] for line in lines} == {"api/v1/orders/"}
    (counted,) = [line for line in lines if "COUNT(*) AS" in line["sql"]]
    assert counted["peak_ms"] >= 0
    assert "created_at" in counted["sql"]
    for parameter in ("1815", "09:11:13", f"= {ada.user.pk} "):
        assert parameter not in json.dumps(lines)


def test_a_query_below_the_limit_is_not(hers, grow, ada, warned, limit):
    grow(2, customer=ada)
    limit(60_000)
    assert hers.get(ORDERS).status_code == 200
    assert warned() == []


def test_queries_in_a_loop_and_over_the_budget_are_logged_too(api, grow, warned, limit, settings):
    grow(5)
    limit(60_000)
    settings.NPLUSONE_GUARD["BUDGETS"] = {"api/naive/*": {"queries": 10}}
    api.get("/api/naive/orders/")
    lines = warned()
    found = {(line["kind"], line["relation"]) for line in lines if line["kind"] != "budget"}
    assert ("n_plus_one", "orders.Order.items") in found
    (over,) = [line for line in lines if line["kind"] == "budget"]
    assert over["event"] == "over budget"
    assert "queries" in over["limit"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_not_traced(anyone, db, warned, limit, path):
    limit(0.000_1)
    response = anyone.get(path)
    assert "X-Guard-Queries" not in response.headers
    assert warned() == []
