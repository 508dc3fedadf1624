"""The naive endpoints: what the guard says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nplusone_guard import NPlusOneDetected, capture
from nplusone_guard.report.json import schema
from nplusone_guard.report.place import shown_path
from orders import models, naive, serializers

LIST = "/api/naive/orders/"

pytestmark = pytest.mark.usefixtures("guard_records")


def line_of(module, text):
    """The place of the only line that has ``text``, as a report shows it."""
    source = Path(module.__file__).read_text().splitlines()
    (number,) = [number for number, line in enumerate(source, 1) if text in line]
    return f"{module.__name__.replace('.', '/')}.py", number


def found(report):
    """What repeats, how often and where: findings and what is nested in them."""
    return {
        (each.relation, each.count, shown_path(each.location.file), each.location.line)
        for finding in report.findings
        for each in finding.walk()
    }


@pytest.fixture
def page(api, grow):
    """The report of a page of 25 orders with three items each."""
    grow(25)
    with capture() as report:
        assert len(api.get(LIST).json()["results"]) == 25
    return report


def test_a_page_of_25_names_each_relation_with_its_count_and_line(page):
    assert found(page) == {
        ("orders.OrderItem.product", 75, *line_of(serializers, 'source="product.name"')),
        ("catalogue.Product.category", 75, *line_of(serializers, 'source="product.category')),
        ("orders.Order.customer", 25, *line_of(serializers, 'source="customer.name"')),
        ("orders.Order.items", 25, *line_of(serializers, "items = OrderItemSerializer")),
        ("orders.Order.items", 25, *line_of(serializers, "order.items.count()")),
        ("orders.Order.items", 25, *line_of(models, "in self.items.all()")),
    }


def test_a_page_says_what_to_add_and_where(page):
    assert {finding.fix.code for finding in page.findings} == {
        'select_related("customer")',
        'prefetch_related("items__product__category")',
    }
    place = line_of(naive, "return orders.visible_to")
    for finding in page.findings:
        assert (shown_path(finding.fix.where.file), finding.fix.where.line) == place


def test_the_code_to_add_ends_the_findings(page, monkeypatch, api):
    orders = models.Order.objects.all()
    for finding in page.findings:
        orders = eval(f"orders.{finding.fix.code}", {"orders": orders})
    monkeypatch.setattr(naive.NaiveOrderViewSet, "queryset", orders)
    before = api.get("/api/v1/orders/").content
    with capture() as report:
        response = api.get(LIST)
    assert response.content == before
    assert report.findings == (), str(report)
    assert report.queries == 6  # user, count, orders with customers, items, products, categories


def test_a_page_costs_ten_queries_for_each_order(page):
    assert page.queries == 25 * 10 + 3  # and user, count and orders


def test_its_report_as_json_follows_the_schema_and_names_each_relation(page, validate):
    data = page.to_dict()
    validate(data, schema())
    repeated = {(group["relation"], group["count"]) for group in data["groups"]}
    assert repeated >= {
        ("orders.OrderItem.product", 75),
        ("catalogue.Product.category", 75),
        ("orders.Order.customer", 25),
        ("orders.Order.items", 25),
    }


def test_one_order_asks_for_each_item_and_for_its_items_a_second_time(api, grow):
    (order,) = grow(1)
    with capture() as report:
        api.get(f"{LIST}{order.pk}/")
    total = ("orders.Order.items", 1, *line_of(models, "in self.items.all()"))
    assert {(kind.kind, kind.relation) for kind in report.findings} == {
        ("n_plus_one", "orders.OrderItem.product"),
        ("duplicate", "orders.Order.items"),
    }, str(report)
    assert found(report) >= {
        ("orders.OrderItem.product", 3, *line_of(serializers, 'source="product.name"')),
        ("catalogue.Product.category", 3, *line_of(serializers, 'source="product.category')),
        total,
    }


def test_a_page_fails_where_findings_raise(settings, api, grow):
    settings.NPLUSONE_GUARD = {**settings.NPLUSONE_GUARD, "ACTION": "raise"}
    grow(2)
    with pytest.raises(NPlusOneDetected, match=r"orders\.OrderItem\.product"):
        api.get(LIST)
