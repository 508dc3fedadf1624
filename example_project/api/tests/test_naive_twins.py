"""Each naive twin and the tuned endpoint: the same answer, and what the guard says of either."""

from __future__ import annotations

import importlib
import inspect
import json
import re

import pytest
from django.db.models import Prefetch
from django.urls import resolve
from rest_framework.serializers import IntegerField

from api.tests.operations import OPERATIONS
from api.tests.routes import routes
from api.tests.twins import MISTAKES, TWINS
from nplusone_guard import NPlusOneDetected, capture
from orders.models import OrderEvent

pytestmark = pytest.mark.usefixtures("guard_records")

each_twin = pytest.mark.parametrize("twin", TWINS, ids=str)


def ask(shop, version, path, who):
    """The answer and its report."""
    with capture() as report:
        response = shop.clients[who].get(shop.path(version, path))
    return response, report


def said(response):
    """The answer's JSON as the tuned endpoint would say it."""
    text = re.sub(r"/api/naive/(orders)?(-prefetched)?", r"/api/v1/\1", response.content.decode())
    return json.loads(text)


def view_class(version, path):
    return resolve(f"/api/{version}/{path.format(id=1)}").func.cls


def source_of(name):
    return inspect.getsource(importlib.import_module(name))


# --- All of them ---


def test_each_list_and_each_single_object_has_a_twin_and_nothing_else_has():
    assert {twin.tuned for twin in TWINS} == {
        each.path
        for each in OPERATIONS
        if each.method == "get" and each.path not in {"schema/", "docs/"}
    }
    assert {("get", twin.path) for twin in TWINS} == routes("naive")


def test_each_mistake_is_made():
    assert set(MISTAKES) <= {mistake for twin in TWINS for mistake in twin.mistakes}


@each_twin
def test_a_twin_names_its_mistakes_where_it_makes_them(twin):
    module = source_of(view_class("naive", twin.path).__module__)
    prose = re.sub(r"\s+", " ", module.replace("`", "")).lower()
    for mistake in twin.mistakes:
        assert mistake.lower() in prose


# --- What they answer ---


@each_twin
@pytest.mark.parametrize("who", ["staff", "ada", "grace", "anyone"])
def test_a_twin_answers_each_user_what_the_tuned_one_does(shop, twin, who):
    naive, _ = ask(shop, "naive", twin.path, who)
    tuned, _ = ask(shop, "v1", twin.tuned, who)
    assert naive.status_code == tuned.status_code
    if tuned.status_code != 200:
        assert naive.json()["error"]["code"] == tuned.json()["error"]["code"]
    elif isinstance(naive.json(), list):
        assert naive.json()[:25] == tuned.json()["results"]
    else:
        assert said(naive) == tuned.json()


@pytest.mark.parametrize("path", ["orders/{id}/", "orders-prefetched/{id}/"])
def test_another_user_s_order_is_not_there(shop, path):
    assert ask(shop, "naive", path, "grace")[0].status_code == 404
    assert ask(shop, "naive", path, "ada")[0].status_code == 200


def test_the_second_page_is_the_same_too(shop):
    for path in ("orders/", "products/", "categories/"):
        naive, tuned = (
            shop.clients["staff"].get(shop.path(version, path), {"page": 2})
            for version in ("naive", "v1")
        )
        assert len(said(naive)["results"]) >= 5
        assert said(naive) == tuned.json()


def test_a_filtered_list_of_orders_is_the_same_too(shop):
    for version in ("orders", "orders-prefetched"):
        naive, tuned = (
            shop.clients["staff"].get(shop.path(*each), {"status": shop.order.status})
            for each in (("naive", f"{version}/"), ("v1", "orders/"))
        )
        assert tuned.json()["count"] > 0
        assert said(naive) == tuned.json()


@pytest.mark.parametrize("path", sorted({twin.path for twin in TWINS}))
def test_a_twin_writes_nothing(shop, path):
    for method in ("post", "put", "patch", "delete"):
        response = getattr(shop.clients["staff"], method)(shop.path("naive", path), {})
        assert response.status_code == 405


# --- What is found ---


@each_twin
def test_of_a_twin_the_guard_finds_what_its_mistakes_do(shop, twin):
    _, report = ask(shop, "naive", twin.path, twin.by)
    found = {(each.kind, each.relation) for finding in report.findings for each in finding.walk()}
    assert found == twin.found, str(report)
    assert {finding.fix.code for finding in report.findings} == twin.fixes


@each_twin
def test_of_the_tuned_one_it_finds_nothing_for_fewer_queries_within_the_budget(shop, twin):
    (operation,) = [each for each in OPERATIONS if (each.method, each.path) == ("get", twin.tuned)]
    _, naive = ask(shop, "naive", twin.path, twin.by)
    _, tuned = ask(shop, "v1", twin.tuned, twin.by)
    assert tuned.findings == (), str(tuned)
    assert tuned.queries <= operation.budget(shop, "v1")
    assert tuned.queries < naive.queries


@pytest.mark.parametrize("twin", [twin for twin in TWINS if twin.tuned_by], ids=str)
def test_the_code_to_add_is_what_the_tuned_queryset_has(twin):
    view = view_class("v1", twin.tuned)
    queryset = re.sub(r"\s+", " ", source_of(type(view.queryset).__module__))
    for common in twin.tuned_by:
        assert common in "".join(twin.fixes)
        assert common in queryset


@pytest.mark.parametrize("path", ["orders/", "products/"])
def test_the_code_to_add_ends_what_was_found(shop, monkeypatch, path):
    before, report = ask(shop, "naive", path, "staff")
    view = view_class("naive", path)
    rows = view.queryset
    for finding in report.findings:
        rows = eval(f"rows.{finding.fix.code}", {"rows": rows, "Prefetch": Prefetch})
    monkeypatch.setattr(view, "queryset", rows)
    after, mended = ask(shop, "naive", path, "staff")
    assert after.json() == before.json()
    assert mended.findings == (), str(mended)
    assert mended.queries <= 6


def test_the_source_to_name_ends_the_rows_for_a_key(shop, monkeypatch):
    before, report = ask(shop, "naive", "order-events/", "staff")
    (finding,) = report.findings
    field = eval(f"IntegerField({finding.fix.code})", {"IntegerField": IntegerField})
    serializer = view_class("naive", "order-events/").serializer_class
    monkeypatch.setitem(serializer._declared_fields, "order", field)  # noqa: SLF001
    after, mended = ask(shop, "naive", "order-events/", "staff")
    assert after.json() == before.json()
    assert mended.findings == (), str(mended)


def test_what_is_unpaginated_is_found_when_the_table_has_grown(shop, settings, caplog):
    OrderEvent.objects.bulk_create(
        OrderEvent(order=shop.order, kind="placed", status="pending") for _ in range(1_001)
    )
    settings.NPLUSONE_GUARD = {**settings.NPLUSONE_GUARD, "ACTION": "warn"}
    naive = shop.clients["staff"].get("/api/naive/order-events/")
    assert len(naive.json()) == 1_031
    assert "unbounded" in caplog.text.lower()
    caplog.clear()
    tuned = shop.clients["staff"].get("/api/v1/order-events/")
    assert len(tuned.json()["results"]) == 25
    assert caplog.text == ""


@pytest.mark.parametrize("twin", [twin for twin in TWINS if twin.found], ids=str)
def test_a_twin_that_grows_fails_where_findings_raise(shop, settings, twin):
    settings.NPLUSONE_GUARD = {**settings.NPLUSONE_GUARD, "ACTION": "raise"}
    with pytest.raises(NPlusOneDetected):
        shop.clients[twin.by].get(shop.path("naive", twin.path))
