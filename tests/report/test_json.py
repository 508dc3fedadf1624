"""The JSON form of a report, version 1, and the schema that others validate it with."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from nplusone_guard import Budget, capture
from nplusone_guard.finding import Fix
from nplusone_guard.report.json import schema, to_dict, to_json
from nplusone_guard.trace import CallSite
from tests.shop.models import Order, Product, Tag
from tests.traces import SITE, again, field, finding, group, lazy, report

VALIDATOR = Draft202012Validator(schema())


def errors(document):
    return [error.message for error in VALIDATOR.iter_errors(document)]


def place(file, line, function, bounds=(None, None, None)):
    """A location as the JSON has it."""
    end_line, column, end_column = bounds
    return {
        "file": file,
        "line": line,
        "function": function,
        "end_line": end_line,
        "column": column,
        "end_column": end_column,
    }


def clean():
    return report(groups=(group(), group("SAVEPOINT s1", 2)))


def n_plus_one():
    fix = Fix('select_related("customer")', "Add it.", where=CallSite("/srv/q.py", 7, "build"))
    found = finding(
        lazy(field=field("OrderSerializer.customer_name"), first_ms=1.25, last_ms=9.5),
        path="customer",
        origin=SITE,
        fix=fix,
    )
    return report(found, route="orders/", method="GET", status=200)


def duplicate():
    return report(finding(again(), "duplicate", severity="warning"), duplicates=2)


def over_budget():
    violations = Budget(queries=2, rows=1, db_ms=0.5).violations
    actual = {"queries": 5, "rows": 5, "db_ms": 2.5}
    return report(groups=(lazy(),), violations=violations(actual))


def unknown_place():
    return report(finding(lazy(site=None, path=(), access=None)))


REPORTS = [clean, n_plus_one, duplicate, over_budget, unknown_place]


@pytest.fixture(params=REPORTS)
def document(request):
    return to_dict(request.param())


# --- The schema ---


def test_the_schema_is_a_valid_one():
    Draft202012Validator.check_schema(schema())


def test_each_report_validates(document):
    assert errors(document) == []


def test_reports_of_real_traces_validate(shop):
    with capture(budget=Budget(queries=2, n_plus_one=0)) as report:
        for order in Order.objects.all():
            for item in order.items.all():
                item.product.name
        for _ in range(2):
            Product.objects.count()
        for name in "ab":
            Tag.objects.create(name=name)
    document = report.to_dict()
    assert errors(document) == []
    assert {each["kind"] for each in document["findings"]} >= {"n_plus_one", "duplicate"}
    assert [each["limit"] for each in document["violations"]] == ["queries", "n_plus_one"]


def test_a_report_of_a_trace_that_is_open_validates(shop):
    with capture() as report:
        Product.objects.count()
        assert errors(report.to_dict()) == []


def objects(document):
    """Each object in a document, with the path to it."""
    for key in ("groups", "findings", "violations"):
        for number, each in enumerate(document[key]):
            yield (key, number)
            for name, value in each.items():
                if isinstance(value, dict):
                    yield (key, number, name)


def at(document, path):
    for step in path:
        document = document[step]
    return document


def test_the_schema_refuses_a_key_that_it_does_not_know(document):
    for path in [(), *objects(document)]:
        other = copy.deepcopy(document)
        at(other, path)["surprise"] = 1
        assert errors(other), path


def test_the_schema_refuses_a_document_that_lacks_a_key(document):
    for path in [(), *objects(document)]:
        for key in at(document, path):
            other = copy.deepcopy(document)
            del at(other, path)[key]
            assert errors(other), (*path, key)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 2),
        (("queries",), -1),
        (("queries",), 1.5),
        (("label",), None),
        (("findings", 0, "kind"), "n+1"),
        (("findings", 0, "severity"), "fatal"),
        (("findings", 0, "shape"), "123"),
        (("findings", 0, "location", "line"), 0),
        (("groups", 0, "operation"), "SELECT"),
        (("groups", 0, "count"), 0),
    ],
)
def test_the_schema_refuses_a_value_that_can_not_be(path, value):
    document = to_dict(n_plus_one())
    at(document, path[:-1])[path[-1]] = value
    assert errors(document)


# --- The document ---


def test_the_keys_of_a_report_are_those_of_version_1(document):
    assert list(document) == [
        "version",
        "label",
        "route",
        "method",
        "status",
        "queries",
        "duplicates",
        "rows",
        "db_ms",
        "wall_ms",
        "truncated",
        "groups",
        "findings",
        "violations",
    ]


def test_a_clean_report():
    document = to_dict(clean())
    assert document["version"] == 1
    assert document["label"] == "GET /orders/"
    assert document["findings"] == document["violations"] == []
    assert document["queries"] == 1
    assert [each["operation"] for each in document["groups"]] == ["select", "transaction"]


def test_the_request_of_a_report():
    document = to_dict(n_plus_one())
    assert (document["route"], document["method"], document["status"]) == ("orders/", "GET", 200)


def test_a_group():
    (each,) = to_dict(n_plus_one())["groups"]
    assert each == {
        "shape": group().shape.id,
        "sql": "SELECT name FROM shop_customer WHERE id = ?",
        "count": 5,
        "rows": 5,
        "db_ms": 2.5,
        "first_ms": 1.25,
        "last_ms": 9.5,
        "database": "default",
        "operation": "select",
        "location": place(SITE.file, 41, "OrderList.get"),
        "relation": "shop.Order.customer",
    }


def test_a_finding():
    (each,) = to_dict(n_plus_one())["findings"]
    location = place(SITE.file, 41, "OrderList.get")
    expected = {
        "kind": "n_plus_one",
        "count": 5,
        "relation": "shop.Order.customer",
        "field_path": "OrderSerializer.customer_name",
        "location": location,
        "origin": location,
        "path": "customer",
        "shape": group().shape.id,
        "sql": "SELECT name FROM shop_customer WHERE id = ?",
        "db_ms": 2.5,
        "severity": "error",
    }
    assert {key: each[key] for key in expected} == expected
    fix = {
        "code": 'select_related("customer")',
        "where": place("/srv/q.py", 7, "build"),
        "explain": "Add it.",
        "proven": None,
    }
    assert {key: each["fix"][key] for key in fix} == fix


def test_a_place_has_the_bounds_of_its_expression_where_they_are_known():
    site = CallSite("/srv/q.py", 7, "build", 8, 4, 12)
    document = to_dict(report(finding(lazy(site=site))))
    assert document["findings"][0]["location"] == place("/srv/q.py", 7, "build", (8, 4, 12))
    assert errors(document) == []


def test_a_cause_has_its_levels_nested_in_it(shop):
    with capture() as report:
        for order in Order.objects.all():
            for item in order.items.all():
                item.product.category.name
    document = report.to_dict()
    assert errors(document) == []
    (cause,) = document["findings"]
    assert cause["path"] == "items"
    levels = [(each["path"], each["count"], each["nested"]) for each in cause["nested"]]
    assert levels == [("items__product", 15, []), ("items__product__category", 15, [])]
    assert cause["fix"]["code"] == 'prefetch_related("items__product__category")'


def test_a_finding_of_which_little_is_known():
    (each,) = to_dict(unknown_place())["findings"]
    for key in ("relation", "field_path", "location", "origin", "path", "fix"):
        assert each[key] is None


def test_violations():
    assert to_dict(over_budget())["violations"] == [
        {"limit": "queries", "allowed": 2, "actual": 5},
        {"limit": "db_ms", "allowed": 0.5, "actual": 2.5},
        {"limit": "rows", "allowed": 1, "actual": 5},
    ]


def test_milliseconds_have_three_places():
    document = to_dict(report(finding(lazy(db_ms=1 / 3)), wall_ms=2 / 3))
    assert (document["db_ms"], document["wall_ms"]) == (0.333, 0.667)
    assert document["groups"][0]["db_ms"] == document["findings"][0]["db_ms"] == 0.333


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("{cwd}/orders/views.py", "orders/views.py"),
        ("{cwd}views.py", "{cwd}views.py"),
        ("/srv/elsewhere/views.py", "/srv/elsewhere/views.py"),
        ("<template>", "<template>"),
    ],
)
def test_paths_are_relative_to_the_current_directory_when_below_it(
    file, shown, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    cwd = Path.cwd().as_posix()
    document = to_dict(report(finding(lazy(site=CallSite(file.format(cwd=cwd), 1, "get")))))
    assert document["findings"][0]["location"]["file"] == shown.format(cwd=cwd)
    assert document["groups"][0]["location"]["file"] == shown.format(cwd=cwd)


def test_the_text_is_ascii_and_reads_back():
    assert json.loads(to_json(n_plus_one(), indent=2)) == to_dict(n_plus_one())
    hostile = report(finding(lazy()), label="GET /\ud800\x1b[31m/é/")
    text = to_json(hostile)
    assert text.isascii()
    assert json.loads(text)["label"] == "GET /\ud800\x1b[31m/é/"


def test_no_parameter_of_a_query_is_in_it(shop):
    with capture() as report:
        for secret in ("s3cret-1", "s3cret-2"):
            list(Tag.objects.filter(name=secret))
            list(Tag.objects.extra(where=[f"name = '{secret}'"]))
    assert report.queries == 4
    assert "s3cret" not in to_json(report)
