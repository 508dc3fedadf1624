"""A run as SARIF 2.1.0, held to the official schema."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from jsonschema import Draft202012Validator

from nplusone_guard import __version__
from nplusone_guard.finding import Fix, Kind
from nplusone_guard.report.sarif import render
from nplusone_guard.suite.run import Run, Seen
from nplusone_guard.trace import CallSite
from tests.report import sample_run, samples
from tests.report.golden import check
from tests.traces import finding, group, lazy, report

SCHEMA = json.loads(Path(__file__).with_name("sarif-schema-2.1.0.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)

pytestmark = pytest.mark.usefixtures("checkout")


def log_of(run):
    log = json.loads(render(run))
    assert [error.message for error in VALIDATOR.iter_errors(log)] == []
    return log["runs"][0]


def run_of(*findings, test="tests/test_api.py::test_it"):
    run = Run()
    run.record(Seen(report(*findings, method="GET", route="orders/"), test, 1))
    return run.to_dict()


def result_of(found, **changes):
    (result,) = log_of(run_of(found, **changes))["results"]
    return result


def file_of(result):
    return result["locations"][0]["physicalLocation"]["artifactLocation"]


def at(file):
    return result_of(finding(lazy(site=CallSite(file, 3, "get"))))


def test_it_reads_as_the_golden_file_shows():
    text = render(sample_run.run_with_a_baseline())
    check("run.sarif", text.replace(f'"{__version__}"', '"VERSION"'))


@pytest.mark.parametrize("sample", [sample_run.run, sample_run.run_with_a_baseline, Run().to_dict])
def test_each_run_is_valid(sample):
    assert len(log_of(sample())["results"]) == len(sample()["findings"])


def test_the_text_is_ascii_and_the_same_for_equal_runs():
    text = render(sample_run.run())
    assert text.isascii()
    assert text == render(sample_run.run())


def test_each_kind_has_a_rule_with_help_in_markdown():
    rules = log_of(Run().to_dict())["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(get_args(Kind))
    assert all(rule["help"]["markdown"] for rule in rules)


def test_a_result_names_its_rule_and_its_severity():
    run = log_of(sample_run.run())
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    levels = {result["ruleId"]: result["level"] for result in run["results"]}
    assert levels["duplicate"] == "warning"
    notes = [result["message"]["text"] for result in run["results"] if result["level"] == "note"]
    assert len(notes) == 1


def test_the_region_is_the_expression_in_characters():
    code = 'Rate.objects.get(currency="EUR", day=today)'
    site = samples.site("orders/export.py", 4, "order.customer", "export")
    assert site.column > samples.SOURCES["orders/export.py"].splitlines()[3].index("order.customer")
    region = result_of(finding(lazy(site=site)))["locations"][0]["physicalLocation"]["region"]
    line = samples.SOURCES["orders/export.py"].splitlines()[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "order.customer"
    assert code not in line


def test_a_place_whose_source_is_not_to_be_had_is_a_line():
    site = CallSite("/srv/gone.py", 3, "get", 3, 4, 9)
    location = result_of(finding(lazy(site=site)))["locations"][0]["physicalLocation"]
    assert location["region"] == {"startLine": 3}


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("{cwd}/orders/views.py", "orders/views.py"),
        ("{cwd}/orders/my views 100%#?.py", "orders/my%20views%20100%25%23%3F.py"),
        ("{cwd}/orders/grün.py", "orders/gr%C3%BCn.py"),
        ("{cwd}/a:b.py", "a%3Ab.py"),
    ],
)
def test_files_are_relative_and_percent_encoded(file, uri):
    result = at(file.format(cwd=Path.cwd().as_posix()))
    assert file_of(result) == {"uri": uri, "uriBaseId": "%SRCROOT%"}


def test_a_file_elsewhere_is_absolute():
    assert file_of(at("/srv/a b.py")) == {"uri": "file:///srv/a%20b.py"}


def test_files_are_relative_to_the_checkout_where_the_host_names_it(checkout, monkeypatch):
    monkeypatch.setenv("GITHUB_WORKSPACE", str(checkout.parent))
    result = at(f"{checkout.as_posix()}/orders/views.py")
    assert file_of(result)["uri"] == f"{checkout.name}/orders/views.py"


def test_the_fingerprint_survives_moved_lines():
    before = sample_run.listing()
    moved = [
        replace(each, group=replace(each.group, site=replace(each.location, line=99)))
        for each in before.findings
    ]
    prints = [
        {each["partialFingerprints"]["nplusoneGuard/v1"] for each in log_of(run)["results"]}
        for run in (run_of(*before.findings), run_of(*moved))
    ]
    assert prints[0] == prints[1] == {"00000000000000aa", "00000000000000bb"}


def test_what_the_baseline_lists_is_suppressed_and_nothing_else():
    results = log_of(sample_run.run_with_a_baseline())["results"]
    suppressed = [each for each in results if each["suppressions"]]
    assert [each["ruleId"] for each in suppressed] == ["duplicate"]
    assert suppressed[0]["suppressions"][0]["kind"] == "external"


def test_nested_levels_are_related_locations():
    related = result_of(samples.nested_in_a_serializer())["relatedLocations"]
    texts = [each["message"]["text"] for each in related]
    assert texts == [
        "225 of the queries: shop.OrderItem.product, for OrderSerializer.items.product_name.",
        "The place of the fix.",
    ]
    assert [each["id"] for each in related] == [1, 2]


def test_a_finding_without_a_place_is_shown_at_the_test_that_met_it():
    result = result_of(samples.unknown())
    assert file_of(result)["uri"] == "tests/test_api.py"


@pytest.mark.parametrize("test", ["shop.tests.OrderTests.test_list", "<stdin>::test_list"])
def test_a_finding_without_any_file_has_no_location(test):
    assert result_of(samples.unknown(), test=test)["locations"] == []


def test_brackets_that_would_be_a_link_are_escaped():
    fix = Fix("", "See [here](http://evil.example).")
    text = result_of(finding(lazy(), fix=fix))["message"]["text"]
    assert r"\[here\](http://evil.example)" in text


def test_the_message_says_what_and_what_to_type():
    text = result_of(samples.in_a_loop())["message"]["text"]
    assert text.splitlines() == [
        "N+1 75x shop.Order.customer in one request of GET orders/; a fix saves 75 queries.",
        'select_related("customer")',
        "Add it to the queryset built there: a join instead of a query per row.",
        "There: orders/views.py:5.",
        "Seen in 1 request of 1 test.",
    ]


# --- Fixes ---


def patched(result):
    """The source with the fix applied."""
    (fix,) = result["fixes"]
    (change,) = fix["artifactChanges"]
    (replacement,) = change["replacements"]
    region = replacement["deletedRegion"]
    lines = Path(change["artifactLocation"]["uri"]).read_text("utf-8").splitlines()
    number, column = region["startLine"] - 1, region["startColumn"] - 1
    assert (region["endLine"] - 1, region["endColumn"] - 1) == (number, column)
    text = replacement["insertedContent"]["text"]
    lines[number] = lines[number][:column] + text + lines[number][column:]
    return lines


def test_a_load_is_put_behind_the_queryset_that_is_built_there():
    lines = patched(result_of(samples.in_a_loop()))
    assert lines[4].strip() == (
        'return Order.objects.filter(placed__year=2026).order_by("-placed")'
        '.select_related("customer")'
    )


def test_a_queryset_of_several_lines_gets_it_behind_its_last():
    source = 'def build():\n    return Order.objects.filter(\n        note="é"\n    )\n'
    Path("orders/long.py").write_text(source, encoding="utf-8")
    where = CallSite(str(Path.cwd() / "orders/long.py"), 2, "build", 4, 11, 5)
    fix = replace(samples.in_a_loop().fix, where=where)
    lines = patched(result_of(finding(lazy(), fix=fix)))
    assert lines[3] == '    ).select_related("customer")'
    ast.parse("\n".join(lines))


NO_EDIT = {
    "the place is evaluated, not built": {"explain": "Add it to the queryset evaluated there: x"},
    "the code must import": {"code": 'prefetch_related(Prefetch("items", to_attr="x"))'},
    "the code is none": {"code": ""},
    "the code is no call": {"code": "in_bulk"},
    "the code changes what is read": {"code": 'annotate("items")'},
    "the place is not known": {"where": None},
    "the place is a line": {"where": CallSite("orders/views.py", 5, "get_queryset")},
}


@pytest.mark.parametrize("changes", NO_EDIT.values(), ids=NO_EDIT)
def test_there_is_no_fix_to_apply_where(changes):
    fix = replace(samples.in_a_loop().fix, **changes)
    assert "fixes" not in result_of(finding(group(count=3), fix=fix))


@pytest.mark.parametrize("code", ['order_by("-placed', "self", "filter(placed__year=2026"])
def test_there_is_no_fix_to_apply_to_what_can_not_take_a_call(code):
    line = 4 if code == "self" else 5
    where = samples.site("orders/views.py", line, code, "OrderList.get_queryset")
    fix = replace(samples.in_a_loop().fix, where=where)
    assert "fixes" not in result_of(finding(group(count=3), fix=fix))


def test_there_is_no_fix_to_apply_to_a_file_that_is_gone():
    fix = replace(samples.in_a_loop().fix, where=CallSite("/srv/gone.py", 3, "get", 3, 4, 9))
    assert "fixes" not in result_of(finding(group(count=3), fix=fix))
