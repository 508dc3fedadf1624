"""``--query-guard-lab``: what no request of any test needed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import connection
from django.http import JsonResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path

from nplusone_guard import capture
from nplusone_guard.lab.suite import Ledger, examined_requests
from nplusone_guard.suite.lab_plugin import lines
from tests.shop.models import Order, Tag
from tests.test_pytest_plugin import project  # noqa: F401  the fixture

pytestmark = [
    pytest.mark.django_db(databases="__all__"),
    pytest.mark.urls("tests.lab.test_suite_lab"),
]


def orders():
    """Built here for all views: what one of them reads, none loads for nobody."""
    return Order.objects.select_related("customer", "payer").prefetch_related("items", "invoices")


def customers(request):
    return JsonResponse({"names": [order.customer.name for order in orders()]})


def items(request):
    return JsonResponse({"numbers": [len(order.items.all()) for order in orders()]})


def first(request):
    return JsonResponse({"number": len(orders().first().invoices.all())})


def writing(request):
    Tag.objects.create(name="written")
    return JsonResponse({"names": [order.payer.name for order in orders()]})


runs = iter(range(1_000))


def stamped(request):
    return JsonResponse({"run": next(runs), "notes": [order.payer_id for order in orders()]})


urlpatterns = [
    path("customers/", customers),
    path("items/", items),
    path("first/", first),
    path("writing/", writing),
    path("stamped/", stamped),
]


@pytest.fixture
def ledger(shop):
    Order.objects.update(note="n" * 300)
    with examined_requests(found := Ledger()):
        yield found


def unused(ledger):
    return {path for (_, _, _, _, path), _ in ledger.unused()}


def test_what_one_request_does_not_need_is_unused(ledger):
    Client().get("/customers/")
    assert unused(ledger) == {"payer", "items", "invoices", "note"}


def test_what_another_request_needs_is_not(ledger):
    Client().get("/customers/")
    Client().get("/items/")
    assert unused(ledger) == {"payer", "invoices", "note"}


def test_it_is_the_same_in_the_other_order(ledger):
    Client().get("/items/")
    Client().get("/customers/")
    assert unused(ledger) == {"payer", "invoices", "note"}


def test_what_a_single_object_reads_is_needed(ledger):
    Client().get("/customers/")
    Client().get("/first/")
    assert "invoices" not in unused(ledger)


def test_what_is_needed_is_not_tried_again(ledger, monkeypatch):
    from nplusone_guard.lab.bench import Bench

    numbers = []
    run = Bench.run
    monkeypatch.setattr(
        Bench,
        "run",
        lambda self, changes, *a, **k: numbers.append(1) or run(self, changes, *a, **k),
    )
    for _ in range(3):
        numbers.append(0)
        Client().get("/customers/")
    first, second, third = "".join(map(str, numbers)).split("0")[1:]
    assert len(first) > len(second) == len(third)


def test_a_request_that_can_t_be_compared_needs_all_that_it_loads(ledger):
    Client().get("/customers/")
    Client().get("/stamped/")
    assert unused(ledger) == set()
    assert list(ledger.unjudged) == ["two runs without any change differ"]


def test_a_request_that_writes_is_not_judged_and_named(ledger):
    Client().get("/customers/")
    Client().get("/writing/")
    assert unused(ledger) == set()
    ((reason, number),) = ledger.unjudged.items()
    assert "refused a call that writes: INSERT" in reason
    assert number == 1
    assert Tag.objects.filter(name="written").count() == 1


def test_the_test_sees_and_counts_its_own_request_alone(ledger):
    client = Client()
    with CaptureQueriesContext(connection) as queries, capture() as report:
        response = client.get("/items/")
    assert len(queries) == 3
    assert report.queries == 3
    assert response.json() == {"numbers": [3, 3, 3, 3, 3]}


def test_processes_put_together_what_they_saw(ledger):
    Client().get("/customers/")
    whole = Ledger()
    whole.merge(ledger.dump())
    with examined_requests(other := Ledger()):
        Client().get("/items/")
    assert "items" in unused(whole)
    whole.merge(other.dump())
    assert unused(whole) == {"payer", "invoices", "note"}
    assert whole.requests == 2


def test_it_is_said_where_what_was_loaded_for_nobody(ledger):
    Client().get("/customers/")
    text = "\n".join(lines(ledger))
    assert "1 request, and 4 of what they load was read by none of them:" in text
    assert 'UNUSED  prefetch_related("items") of shop.Order: 1 query, ' in text
    assert 'UNREAD  column "note" of shop.Order: 300 bytes in each row, in 1 request' in text
    assert "tests/lab/test_suite_lab.py:" in text


def test_the_page_shows_what_is_said(ledger):
    Client().get("/customers/")
    Client().get("/items/")
    page = Path(__file__).resolve().parents[2] / "docs" / "lab.md"
    if not page.exists():
        pytest.skip("the source distribution has no pages")
    said = re.sub(r"tests/lab/\w+\.py:\d+", "shop/views.py:8", "\n".join(lines(ledger)))
    assert said in page.read_text(), said


def test_a_run_without_a_request_says_that_it_says_nothing():
    assert lines(Ledger()) == ["0 requests were looked at: this says nothing."]


def test_the_option_ends_a_run_with_what_no_test_needed(project, pytester):  # noqa: F811
    pytester.makeini(
        "[pytest]\npythonpath = .\nfilterwarnings = error\n"
        "addopts = --nomigrations -p no:xdist -p no:cacheprovider -p no:faker --query-guard-lab\n"
    )
    result = project("""
def test_joined(client):
    assert client.get("/joined/").status_code == 200

def test_row_by_row(client):
    assert client.get("/row-by-row/").status_code == 200
""")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["=* query guard: the lab =*", "2 requests: all that they load ahead is read by *"]
    )
