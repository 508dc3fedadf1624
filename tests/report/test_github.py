"""A run as GitHub's workflow commands."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO
from urllib.parse import unquote

import pytest

from nplusone_guard.finding import Fix
from nplusone_guard.report import markdown
from nplusone_guard.report.github import publish, render
from nplusone_guard.suite.run import Run, Seen
from nplusone_guard.trace import CallSite
from tests.report import sample_run, samples
from tests.report.golden import check
from tests.traces import CUSTOMER, finding, group, lazy, report

pytestmark = pytest.mark.usefixtures("checkout")

COMMAND = re.compile(r"::(error|warning|notice) ([^\n:]*)::(.*)")


def run_of(*findings):
    run = Run()
    seen = report(*findings, method="GET", route="orders/")
    run.record(Seen(seen, "tests/test_api.py::test_it", 1))
    return run.to_dict()


def commands(run):
    """Level, properties and message of each command, as GitHub reads them."""
    read = []
    for line in render(run).splitlines():
        found = COMMAND.fullmatch(line)
        if found:
            pairs = (pair.split("=", 1) for pair in found[2].split(","))
            properties = {name: unquote(value) for name, value in pairs}
            read.append((found[1], properties, unquote(found[3])))
    return read


def test_it_reads_as_the_golden_file_shows():
    check("run.github.txt", render(sample_run.run_with_a_baseline()))


def test_a_finding_is_on_its_expression():
    ((level, properties, message),) = commands(run_of(samples.in_a_loop()))
    assert level == "error"
    line = samples.SOURCES["orders/views.py"].splitlines()[7]
    start = line.index("order.customer") + 1
    assert properties == {
        "file": "orders/views.py",
        "line": "8",
        "endLine": "8",
        "col": str(start),
        "endColumn": str(start + len("order.customer")),
        "title": "N+1 75x shop.Order.customer",
    }
    assert message.splitlines()[:2] == [
        "GET orders/; a fix saves 75 queries.",
        'select_related("customer")',
    ]


def test_an_expression_of_several_lines_has_no_columns():
    site = replace(samples.queryset(), line=4, end_line=5, column=4)
    ((_, properties, _),) = commands(run_of(finding(lazy(site=site))))
    assert (properties["line"], properties["endLine"]) == ("4", "5")
    assert not {"col", "endColumn"} & set(properties)


def test_severities_are_levels():
    levels = [level for level, _, _ in commands(sample_run.run())]
    assert levels == ["error", "error", "error", "warning", "notice"]


def test_what_the_baseline_lists_is_not_annotated():
    assert "warning" not in [level for level, _, _ in commands(sample_run.run_with_a_baseline())]


def test_no_more_than_github_shows_of_a_level_and_how_many_more_there_are():
    found = [
        finding(
            group(count=3, access=replace(CUSTOMER, relation=f"shop.Order.r{number}")),
            id=f"{number:016x}",
            severity="error" if number < 12 else "warning",
        )
        for number in range(15)
    ]
    levels = [level for level, _, _ in commands(run_of(*found))]
    assert (levels.count("error"), levels.count("warning")) == (10, 3)
    assert render(run_of(*found)).endswith("\n2 more errors: see the summary of the job.\n")


def test_nothing_found_is_nothing_said():
    assert render(Run().to_dict()) == ""


def test_text_can_not_end_its_property_or_its_line():
    fix = Fix("100%", "a\r\nb,c::error::x", where=CallSite("/srv/a,b:c%.py", 1, "f"))
    site = CallSite("/srv/a,b:c%\n::error::x.py", 3, "f")
    ((_, properties, message),) = commands(run_of(finding(lazy(site=site), fix=fix)))
    assert properties["file"] == "/srv/a,b:c%\\x0a::error::x.py"
    assert message.splitlines()[1:3] == ["100%", r"a\x0d\x0ab,c::error::x"]
    assert "%25" in render(run_of(finding(lazy(site=site), fix=fix)))


def test_a_hostile_run_is_a_command_a_line():
    text = render(sample_run.run())
    assert all(COMMAND.fullmatch(line) for line in text.splitlines())
    assert "\x1b" not in text


def test_files_are_relative_to_the_workspace(checkout, monkeypatch):
    monkeypatch.setenv("GITHUB_WORKSPACE", str(checkout.parent))
    ((_, properties, _),) = commands(run_of(samples.in_a_loop()))
    assert properties["file"] == f"{checkout.name}/orders/views.py"


def test_a_workspace_elsewhere_changes_nothing(monkeypatch):
    monkeypatch.setenv("GITHUB_WORKSPACE", "/srv/elsewhere")
    ((_, properties, _),) = commands(run_of(samples.in_a_loop()))
    assert properties["file"] == "orders/views.py"


def test_a_finding_without_any_file_is_shown_without_a_line():
    run = run_of(samples.unknown())
    run["findings"][0]["tests"] = ["shop.tests.OrderTests.test_list"]
    ((_, properties, _),) = commands(run)
    assert set(properties) == {"title"}


# --- Within a job ---


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A job of GitHub Actions: its summary."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    return tmp_path / "summary.md"


def test_within_a_job_a_run_is_annotated_and_added_to_the_summary(job):
    job.write_text("before\n", encoding="utf-8")
    run, out = sample_run.run(), StringIO()
    assert publish(run, out)
    assert out.getvalue() == render(run)
    assert job.read_text("utf-8") == f"before\n{markdown.render(run)}"


def test_a_summary_that_has_no_room_left_stays_as_it_is(job):
    before = b"x" * (2**20 - 100)
    job.write_bytes(before)
    assert publish(sample_run.run(), StringIO())
    assert job.read_bytes() == before


def test_a_job_without_a_summary_is_annotated(job, monkeypatch):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    out = StringIO()
    assert publish(sample_run.run(), out)
    assert out.getvalue().startswith("::error ")


def test_elsewhere_nothing_is_written(job, monkeypatch):
    monkeypatch.delenv("GITHUB_ACTIONS")
    out = StringIO()
    assert not publish(sample_run.run(), out)
    assert (out.getvalue(), job.exists()) == ("", False)
