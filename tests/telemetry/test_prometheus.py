"""Prometheus: what its page shows, also through django-prometheus."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

pytest.importorskip("prometheus_client")

from prometheus_client import REGISTRY

EXPORT = "nplusone_guard.integrations.prometheus.export"
ROUTE = {"method": "GET", "route": "row-by-row/"}


def value(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_queries_time_and_findings_are_counted_by_route(exporting, get):
    finding = {"kind": "n_plus_one", "route": "row-by-row/", "relation": "shop.Order.customer"}
    before = [
        value("nplusone_guard_request_queries_sum", **ROUTE),
        value("nplusone_guard_request_db_seconds_count", **ROUTE),
        value("nplusone_guard_findings_total", **finding),
    ]
    with exporting(EXPORT):
        get("/row-by-row/")
    assert value("nplusone_guard_request_queries_sum", **ROUTE) == before[0] + 6
    assert value("nplusone_guard_request_db_seconds_count", **ROUTE) == before[1] + 1
    assert value("nplusone_guard_findings_total", **finding) == before[2] + 1


def test_they_are_on_the_page_of_django_prometheus(exporting, get):
    exports = pytest.importorskip("django_prometheus.exports")
    with exporting(EXPORT):
        get("/row-by-row/")
    page = exports.ExportToDjangoView(RequestFactory().get("/metrics")).content.decode()
    assert (
        'nplusone_guard_request_queries_bucket{le="10.0",method="GET",route="row-by-row/"}' in page
    )
    assert 'relation="shop.Order.customer"' in page


def test_a_method_that_a_client_invents_is_one_of_all_others(exporting):
    from django.test import Client

    with exporting(EXPORT):
        for number in range(3):
            Client().generic(f"EVIL{number}", "/nothing/")
    page = REGISTRY.get_sample_value(
        "nplusone_guard_request_queries_count", {"method": "_OTHER", "route": "nothing/"}
    )
    assert page == 3
    methods = {
        sample.labels.get("method") for metric in REGISTRY.collect() for sample in metric.samples
    }
    assert not any(method and method.startswith("EVIL") for method in methods)
