"""The JSON form of a run, version 1, and the schema that others validate it with."""

from __future__ import annotations

import copy
import json

import pytest
from jsonschema import Draft202012Validator

from nplusone_guard import capture
from nplusone_guard.report.run import run_schema, run_to_json
from nplusone_guard.suite.run import Run, Seen
from tests.report import sample_run
from tests.shop.models import Order, Product

VALIDATOR = Draft202012Validator(run_schema())


def errors(document):
    return [error.message for error in VALIDATOR.iter_errors(document)]


def test_the_schema_is_a_valid_one():
    Draft202012Validator.check_schema(run_schema())


@pytest.mark.parametrize("sample", [sample_run.run, sample_run.run_with_a_baseline, Run().to_dict])
def test_each_run_validates(sample):
    assert errors(sample()) == []


def test_a_run_of_real_requests_validates(shop):
    run = Run()
    for number in range(2):
        with capture() as report:
            for order in Order.objects.all():
                for item in order.items.all():
                    item.product.name
            for _ in range(2):
                Product.objects.count()
        run.record(Seen(report, "tests/test_orders.py::test_list", number))
    document = run.to_dict()
    assert {each["kind"] for each in document["findings"]} == {"n_plus_one", "duplicate"}
    assert errors(document) == []


def objects(document):
    """The path to each object in a document, those within findings of a report left out."""
    yield ()
    for key in ("endpoints", "findings", "suppressed"):
        for number, each in enumerate(document[key]):
            yield (key, number)
            for name, value in each.items():
                if isinstance(value, dict):
                    yield (key, number, name)


def at(document, path):
    for step in path:
        document = document[step]
    return document


def test_the_schema_refuses_a_key_that_it_does_not_know_and_a_document_that_lacks_one():
    document = sample_run.run()
    for key in ("endpoints", "findings"):
        document[key] = document[key][-1:]
    for path in objects(document):
        for key in [*at(document, path), "surprise"]:
            other = copy.deepcopy(document)
            if key == "surprise":
                at(other, path)[key] = 1
            else:
                del at(other, path)[key]
            assert not VALIDATOR.is_valid(other), (*path, key)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 2),
        (("requests",), -1),
        (("endpoints", 0, "queries", "max"), 1.5),
        (("endpoints", 0, "worst", "groups", 0, "sql"), None),
        (("findings", 0, "nested"), [{}]),
        (("findings", 0, "severity"), "fatal"),
        (("findings", 0, "known"), None),
        (("findings", 0, "tests"), []),
        (("stale",), [1]),
    ],
)
def test_the_schema_refuses_a_value_that_can_not_be(path, value):
    document = sample_run.run()
    at(document, path[:-1])[path[-1]] = value
    assert errors(document)


def test_the_text_is_ascii_and_reads_back():
    run = sample_run.run()
    text = run_to_json(run)
    assert text.isascii()
    assert json.loads(text) == run


def test_equal_runs_are_equal_bytes_in_whatever_order_their_keys_are():
    run = sample_run.run()
    turned = dict(reversed(run.items()))
    assert run_to_json(turned) == run_to_json(sample_run.run())
