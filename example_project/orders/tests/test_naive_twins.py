"""The naive endpoints: what the guard says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nplusone_guard import NPlusOneDetected, capture
from nplusone_guard.report.json import schema
from orders import models, serializers

LIST = "/api/naive/orders/"


def line_of(module, text):
    """The place of the only line that has ``text``, as a report shows it."""
    source = Path(module.__file__).read_text().splitlines()
    (number,) = [number for number, line in enumerate(source, 1) if text in line]
    return f"{module.__name__.replace('.', '/')}.py", number


def found(report):
    return {
        (finding["relation"], finding["count"], place["file"], place["line"])
        for finding in report["findings"]
        for place in [finding["location"]]
        if finding["kind"] == "n_plus_one"
    }


@pytest.fixture
def page(api, grow):
    """The report of a page of 25 orders with three items each, as JSON."""
    grow(25)
    with capture() as report:
        assert len(api.get(LIST).json()["results"]) == 25
    return report.to_dict()


def test_a_page_of_25_names_each_relation_with_its_count_and_line(page):
    assert found(page) >= {
        ("orders.OrderItem.product", 75, *line_of(serializers, 'source="product.name"')),
        ("catalogue.Product.category", 75, *line_of(serializers, 'source="product.category')),
        ("orders.Order.customer", 25, *line_of(serializers, 'source="customer.name"')),
        ("orders.Order.items", 25, *line_of(serializers, "items = OrderItemSerializer")),
        ("orders.Order.items", 25, *line_of(serializers, "order.items.count()")),
        ("orders.Order.items", 25, *line_of(models, "in self.items.all()")),
    }


def test_a_page_of_25_has_no_other_finding(page):
    assert {finding["relation"] for finding in page["findings"]} == {
        "orders.OrderItem.product",
        "catalogue.Product.category",
        "orders.Order.customer",
        "orders.Order.items",
    }
    assert page["duplicates"] == 0


def test_a_page_costs_ten_queries_for_each_order(page):
    assert page["queries"] == 25 * 10 + 3  # and user, count and orders


def test_its_report_follows_the_schema(page, validate):
    validate(page, schema())


def test_one_order_repeats_only_what_hangs_on_its_items(api, grow):
    (order,) = grow(1)
    with capture() as report:
        api.get(f"{LIST}{order.pk}/")
    assert {(finding.relation, finding.count) for finding in report.findings} == {
        ("orders.OrderItem.product", 3),
        ("catalogue.Product.category", 3),
    }, str(report)


def test_a_page_fails_where_findings_raise(settings, api, grow):
    settings.NPLUSONE_GUARD = {**settings.NPLUSONE_GUARD, "ACTION": "raise"}
    grow(2)
    with pytest.raises(NPlusOneDetected, match=r"orders\.OrderItem\.product"):
        api.get(LIST)
