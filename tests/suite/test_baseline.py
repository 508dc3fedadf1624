"""``--query-guard-baseline``: an old project fails on new findings only."""

from __future__ import annotations

import json

import pytest

from tests.suite.conftest import CLEAN, ONE_CAUSE

ANOTHER = """
def test_another(client, filled):
    client.get("/api/orders/")
"""


@pytest.fixture
def baseline(project):
    return project.path / "query_guard_baseline.json"


def test_what_is_noted_fails_no_test_any_more(project, baseline):
    project.write(ONE_CAUSE)
    result = project.run("--query-guard=fail", "--query-guard-baseline=update")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["baseline: 1 known finding in query_guard_baseline.json"])
    (entry,) = json.loads(baseline.read_text())["findings"]
    assert entry["relation"] == "shop.Order.customer"
    assert entry["route"] == "row-by-row/"
    result = project.run("--query-guard=fail")
    result.assert_outcomes(passed=3)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["1 known finding of the baseline"])


def test_a_new_finding_fails(project, baseline):
    project.write(ONE_CAUSE)
    project.run("--query-guard-baseline=update")
    project.write(ONE_CAUSE + ANOTHER)
    project.run("--query-guard=fail").assert_outcomes(passed=3, failed=1)


def test_moved_lines_keep_a_finding_known(project, baseline):
    (project.path / "views.py").write_text("from tests.endpoints import *\n" + OWN)
    project.settings('ROOT_URLCONF = "views"\n')
    project.write("def test_it(client, filled):\n    client.get('/own/')\n")
    project.run("--query-guard-baseline=update")
    (project.path / "views.py").write_text("from tests.endpoints import *\n\n\n" + OWN)
    project.run("--query-guard=fail").assert_outcomes(passed=1)


OWN = """
def own(request):
    return JsonResponse({"names": [order.customer.name for order in Order.objects.all()]})

urlpatterns = [path("own/", own)]
"""


def test_a_finding_that_is_gone_can_be_removed(project, baseline):
    project.write(ONE_CAUSE)
    project.run("--query-guard-baseline=update")
    project.write(CLEAN)
    result = project.run("--query-guard=report")
    result.stdout.fnmatch_lines(
        [
            "baseline: 1 of query_guard_baseline.json did not show again and can go *",
            "  *  GET row-by-row/  shop.Order.customer",
        ]
    )
    project.run("--query-guard-baseline=update")
    assert json.loads(baseline.read_text())["findings"] == []


def test_a_run_of_some_tests_takes_nothing_out(project, baseline):
    project.write(ONE_CAUSE)
    project.run("--query-guard-baseline=update")
    before = baseline.read_text()
    result = project.run("--query-guard=report", "-k", "joined")
    result.stdout.no_fnmatch_line("*can go*")
    result = project.run("--query-guard-baseline=update", "-k", "joined")
    result.stdout.fnmatch_lines(["baseline: 1 known finding *; none taken out (a run with -k)"])
    assert baseline.read_text() == before


def test_the_file_can_be_left_alone(project, baseline):
    project.write(ONE_CAUSE)
    project.run("--query-guard-baseline=update")
    project.run("--query-guard=fail", "--query-guard-baseline=off").assert_outcomes(
        passed=1, failed=2
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"version": 1,\n "findings": [}', "*query_guard_baseline.json:2: Expecting value."),
        ('{"version": 7, "findings": []}', "*query_guard_baseline.json: it takes*version 1."),
        ('{"version": 1, "findings": [{}]}', '*query_guard_baseline.json: "findings" takes*'),
        ('{"version": 1, "findings": [{"id": "a", "route": 5}]}', '*json: "findings" takes*'),
    ],
)
def test_a_file_that_can_not_be_read_is_a_usage_error_and_stays(project, baseline, text, said):
    project.write(CLEAN)
    baseline.write_text(text)
    result = project.run("--query-guard-baseline=update")
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"ERROR: {said}"])
    assert baseline.read_text() == text


def test_a_run_without_a_request_leaves_the_file(project, baseline):
    project.write(ONE_CAUSE)
    project.run("--query-guard-baseline=update")
    before = baseline.read_text()
    project.write("def test_nothing():\n    pass\n")
    result = project.run("--query-guard-baseline=update")
    result.stdout.fnmatch_lines(["baseline: *stays as it is, as no request was seen"])
    assert baseline.read_text() == before
