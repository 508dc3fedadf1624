"""What the summary of a run says of each cause."""

from __future__ import annotations

import pytest

READING = """
from django.http import HttpResponse
from django.urls import path

from tests.shop.models import Order, OrderItem

def names(request):
    return HttpResponse([order.customer.name for order in Order.objects.all()])

class Page:
    def __init__(self, rows):
        self.rows = rows
    def __len__(self):
        return len(self.rows)

def paged(request):
    page = Page(Order.objects.all()[:20])
    len(page)
    return HttpResponse([order.customer.name for order in page.rows])

def twice(request):
    before = Order.objects.count()
    after = Order.objects.count()
    return HttpResponse([before, after])

def nested(request):
    return HttpResponse([item.order.customer.name for item in OrderItem.objects.all()])

urlpatterns = [
    path("one/", names), path("two/", names), path("paged/", paged), path("twice/", twice),
    path("nested/", nested),
]
"""


@pytest.fixture
def reading(project):
    (project.path / "reading.py").write_text(READING)
    project.settings('ROOT_URLCONF = "reading"\n')
    return project


def test_one_cause_at_several_endpoints_is_told_once(reading):
    reading.write("""
def test_one(client, filled):
    client.get("/one/")

def test_two(client, filled):
    client.get("/two/")
""")
    result = reading.run("--query-guard=report")
    result.stdout.fnmatch_lines(
        [
            "traced 2 requests in 2 tests: 2 endpoints, 2 findings",
            "N+1 5x shop.Order.customer",
            "      in    GET */ and 1 more endpoint",
            "      test  test_project.py::test_* and 1 more test",
            '      fix   select_related("customer")',
        ]
    )
    assert result.stdout.str().count("N+1 5x") == 1
    result.stdout.no_fnmatch_line("*more finding*")


def test_a_queryset_whose_building_is_not_known_is_said_to_be_evaluated_there(reading):
    reading.write("def test_paged(client, filled):\n    client.get('/paged/')\n")
    reading.run("--query-guard=report").stdout.fnmatch_lines(
        [
            '      fix   select_related("customer")',
            "            on the queryset that is evaluated there",
            "      there reading.py:* in Page.__len__",
        ]
    )


def test_a_duplicate_names_each_place_that_asks(reading):
    reading.write("def test_twice(client, filled):\n    client.get('/twice/')\n")
    reading.run("--query-guard=report").stdout.fnmatch_lines(
        [
            "duplicate 2x shop_order",
            "      at    reading.py:* in twice",
            "            * | before = Order.objects.count()",
            "      and   reading.py:* in twice",
            "            * | after = Order.objects.count()",
            "      fix   Ask once *",
        ]
    )


def test_the_count_of_a_nested_n_plus_one_is_taken_apart(reading):
    reading.write("def test_nested(client, filled):\n    client.get('/nested/')\n")
    reading.run("--query-guard=report").stdout.fnmatch_lines(
        [
            "N+1 *x shop.OrderItem.order",
            "      sum   *x shop.OrderItem.order, *x shop.Order.customer",
            '      fix   select_related("order__customer")',
        ]
    )
