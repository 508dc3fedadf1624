"""``manage.py guard_report``: the store from a terminal."""

from __future__ import annotations

import json
import re
from io import StringIO

import jsonschema
import pytest
from django.core.management import CommandError, call_command

from nplusone_guard.report.json import schema
from nplusone_guard.report.run import run_schema
from tests.dashboard.records import record
from tests.dashboard.test_hostile import evil_record


def said(*arguments):
    out = StringIO()
    call_command("guard_report", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def filled(site):
    for path in ("/orders/", "/orders/tuned/", "/nowhere/", "/orders/"):
        site.get(path)
    return site


def test_it_lists_the_requests_the_last_one_first(filled):
    lines = said("list").splitlines()
    assert lines == said().splitlines()
    assert [line.split("GET ")[1] for line in lines] == [
        "/orders/  N+1, 5 to save",
        "/nowhere/",
        "/orders/tuned/",
        "/orders/  N+1, 5 to save",
    ]
    assert lines[0].startswith(filled.last().id)


def test_the_list_can_be_narrowed(filled):
    assert said("list", "--path", "tuned").count("\n") == 1
    assert "/nowhere/" in said("list", "--status", "4xx")
    assert said("list", "--finding", "n_plus_one").count("\n") == 2
    assert said("list", "--limit", "1").count("\n") == 1


def test_one_request_is_shown_with_its_findings_and_fixes(filled):
    lines = said("show", filled.last().id).splitlines()
    assert lines[0] == "GET /orders/  200"
    assert "N+1 5x shop.Order.customer" in lines
    assert '  fix   select_related("customer")' in lines
    assert re.fullmatch(
        r" +5x +[\d.]+ ms  shop\.Order\.customer  tests/shop/views\.py:\d+", lines[-1]
    )


def test_one_request_as_json_is_a_report(filled):
    form = json.loads(said("show", filled.last().id, "--json", "-"))
    jsonschema.validate(form, schema())
    assert form["queries"] == 6


def test_all_requests_as_json_are_a_run_that_can_be_compared(filled, tmp_path):
    file = tmp_path / "run.json"
    assert said("--json", str(file)) == f"{file}\n"
    run = json.loads(file.read_text())
    jsonschema.validate(run, run_schema())
    assert run["requests"] == 4
    assert [each["requests"] for each in run["endpoints"]] == [2, 1, 1]
    (finding,) = run["findings"]
    assert (finding["wasted"], finding["requests"]) == (5, 2)
    assert "Queries, compared" in said("diff", str(file), str(file))


def test_requests_as_a_page(filled, tmp_path):
    file = tmp_path / "page.html"
    said("list", "--path", "orders", "--html", str(file))
    page = file.read_text()
    assert "GET orders/" in page
    assert "nowhere" not in page
    said("show", filled.last().id, "--html", str(file))
    assert "select_related" in file.read_text()


def test_all_can_be_forgotten(filled):
    assert said("--clear") == f"Forgot 4 requests in {filled.path}.\n"
    assert said("list") == f"No request in {filled.path}.\n"


def test_a_request_that_is_not_there_is_an_error(site):
    with pytest.raises(CommandError, match="has no request 00ff") as raised:
        said("show", "00ff")
    assert raised.value.returncode == 2


def test_a_store_of_garbage_is_an_error_that_names_the_file(site):
    site.path.parent.mkdir()
    site.path.write_bytes(b"garbage" * 1_000)
    for arguments in ([], ["list"], ["show", "00ff"], ["--clear"]):
        with pytest.raises(CommandError, match=r"guard\.sqlite3"):
            said(*arguments)


def test_a_file_that_can_not_be_written_is_an_error(filled, tmp_path):
    with pytest.raises(CommandError, match="missing"):
        said("--json", str(tmp_path / "missing" / "run.json"))


def test_nothing_stored_steers_the_terminal(site):
    site.store.add([evil_record("0a"), record("/\x1b[2J/")])
    for text in (said("list"), said("show", "0a")):
        assert "\x1b" not in text
        assert "\u202e" not in text
