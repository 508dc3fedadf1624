"""One run in several processes, or in another order, is the same run."""

from __future__ import annotations

import json
import re

import pytest

from tests.suite.conftest import ONE_CAUSE

MORE = (
    ONE_CAUSE
    + """
@pytest.mark.parametrize("number", range(6))
def test_more(client, filled, number):
    client.get("/api/orders/")
    client.get(f"/api/orders/{Order.objects.all()[number % 5].pk}/")
"""
)


def summary(result):
    lines = result.stdout.lines
    start = next(i for i, line in enumerate(lines) if re.match("=+ query guard =+", line))
    stop = next(i for i in range(start + 1, len(lines)) if lines[i].startswith("="))
    return lines[start + 1 : stop]


@pytest.mark.parametrize("option", ["-n2", "-n4", "-p no:randomly"])
def test_several_processes_say_what_one_says(project, option):
    project.write(MORE)
    alone = project.run("--query-guard=report", "--query-budgets=update")
    budgets = (project.path / "query_budgets.toml").read_bytes()
    (project.path / "query_budgets.toml").unlink()
    shared = project.run("--query-guard=report", "--query-budgets=update", *option.split())
    assert summary(shared) == summary(alone)
    assert (project.path / "query_budgets.toml").read_bytes() == budgets


def test_a_failure_in_another_process_is_shown(project):
    project.write(ONE_CAUSE)
    result = project.run("--query-guard=fail", "-n2")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["  N+1 5x  shop.Order.customer *"])
    result.stdout.fnmatch_lines(
        ["FAILED test_project.py::test_one - QueryGuardFailed: GET /row-by-row/ *"]
    )


def test_a_process_that_dies_is_told(project):
    project.write(ONE_CAUSE + "\ndef test_dies(db):\n    import os\n    os._exit(1)\n")
    result = project.run("--query-guard=report", "-n1", "--max-worker-restart=0")
    result.stdout.fnmatch_lines(["nothing is known of the tests of gw0: *"])


@pytest.mark.parametrize("form", ["json", "sarif", "md", "html"])
def test_two_runs_write_the_same_bytes_but_for_times(project, form):
    project.write(MORE)
    texts = []
    for number, more in enumerate(((), ("-n2",))):
        path = project.path / f"report-{number}.{form}"
        project.run(f"--query-guard-report={form}:{path.name}", *more)
        texts.append(TIMES.sub("", path.read_text()))
    assert texts[0] == texts[1]
    assert "shop.Order.customer" in texts[0]


TIMES = re.compile(r'"(db|wall|first|last)_ms": [\d.]+|[\d.]+ ms|[\d.]+%|style="[^"]*"')


def test_json_and_budgets_can_be_read_back(project):
    project.write(MORE)
    project.run("--query-guard-report=json:out/run.json")
    run = json.loads((project.path / "out" / "run.json").read_text())
    assert run["requests"] == 16
    assert {each["route"] for each in run["findings"]} == {"row-by-row/", "api/orders/$"}
