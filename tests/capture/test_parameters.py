"""Values of queries: compared, never kept, never shown."""

from __future__ import annotations

import logging
import pickle
import uuid
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import override_settings

from nplusone_guard import NPlusOneDetected, capture
from nplusone_guard.middleware import GuardMiddleware
from nplusone_guard.report.console import render
from nplusone_guard.report.json import to_json
from tests.serving import guarded
from tests.shop.models import Customer, Order, Product, Tag

SECRET = uuid.uuid4().hex
NUMBER = uuid.uuid4().int % 10**12 + 10**12


def execute(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)


def many():
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO shop_tag (name) VALUES (%s)", [[SECRET], [SECRET]])


WAYS = {
    "a lookup": lambda: Customer.objects.filter(name=SECRET).exists(),
    "a pattern": lambda: list(Customer.objects.filter(name__icontains=SECRET)),
    "a list": lambda: list(Customer.objects.filter(name__in=[SECRET, f"{SECRET}2"], pk=NUMBER)),
    "an insert": lambda: Tag.objects.create(name=SECRET),
    "an insert of many": lambda: Tag.objects.bulk_create([Tag(name=SECRET), Tag(name=SECRET)]),
    "an update": lambda: Order.objects.update(note=SECRET),
    "executemany": many,
    "a parameter": lambda: execute("SELECT %s", SECRET),
    "a literal": lambda: execute(f"SELECT '{SECRET}', {NUMBER}, -{NUMBER}, {NUMBER}.5"),
    "a quoted literal": lambda: execute(f"SELECT 'it''s {SECRET}' -- {SECRET}"),
    "a comment": lambda: execute(f"/* {SECRET} */ SELECT 1 /* {NUMBER} */"),
    "extra": lambda: list(Customer.objects.extra(where=[f"name = '{SECRET}'"])),
}


@pytest.mark.parametrize("run", WAYS.values(), ids=WAYS)
def test_a_value_is_in_no_output(run, shop, caplog):
    def twelve_times(request):
        for _ in range(12):
            run()
        return HttpResponse("done")

    caplog.set_level(logging.DEBUG, "nplusone_guard")
    with capture() as report:
        twelve_times(None)
    outputs = [str(report), repr(report), render(report, width=10_000), to_json(report, indent=1)]
    outputs.append(repr(report.assessment))
    with guarded(ACTION="warn", REPORTERS=None), override_settings(DEBUG=True):
        GuardMiddleware(twelve_times)(RequestFactory().get("/"))
    outputs.append(caplog.text)
    assert report.queries >= 12
    for output in outputs:
        assert SECRET not in output
        assert str(NUMBER) not in output


def test_a_value_is_not_in_what_is_raised(shop):
    with capture() as report:
        for _ in range(3):
            for product in Product.objects.exclude(name=SECRET):
                list(product.tags.exclude(name=SECRET))
    with pytest.raises(NPlusOneDetected) as caught:
        report.raise_for_violations()
    assert SECRET not in str(caught.value)


# Two values are compared by a hash of theirs


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (-1, -2),
        (1, 1.0),
        (1, True),
        ("1", 1),
        ("1", b"1"),
        (None, 0),
        (Decimal("1.0"), 1),
        (date(2027, 6, 30), date(2027, 7, 1)),
        (uuid.UUID(int=1), uuid.UUID(int=2)),
        ([1, 2], [2, 1]),
    ],
)
def test_values_that_differ_are_different(first, second, db):
    def asked(execute, sql, params, many, context):
        return None

    with capture() as report, connection.execute_wrapper(asked):
        for value in (first, second):
            execute("SELECT %s", value)
    assert [each.kind for each in report.findings] == ["n_plus_one"]


@pytest.mark.parametrize(
    "value", [1, "text", None, 1.5, Decimal("1.5"), date(2027, 6, 30), uuid.UUID(int=1), b"bytes"]
)
def test_values_that_are_equal_are_equal(value, db):
    def asked(execute, sql, params, many, context):
        return None

    with capture() as report, connection.execute_wrapper(asked):
        for _ in range(2):
            execute("SELECT %s", pickle.loads(pickle.dumps(value)))
    assert [each.kind for each in report.findings] == ["duplicate"]
