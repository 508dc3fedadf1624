"""What comes of a run: the files that it writes, and what it says where it can't."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from nplusone_guard.suite.budgets import BudgetsError
from nplusone_guard.suite.outcome import Options, begin, conclude, write_reports
from nplusone_guard.suite.run import Run

RUN = {
    **Run().to_dict(),
    "requests": 1,
    "tests": 1,
    "endpoints": [
        {
            "method": "GET",
            "route": "joined/",
            "requests": 1,
            "queries": {"min": 1, "max": 1, "total": 1},
            "wasted": 0,
        }
    ],
}


@pytest.fixture
def options(tmp_path):
    return Options(
        mode="report",
        baseline=None,
        baseline_path=tmp_path / "query_guard_baseline.json",
        budgets=None,
        budgets_path=tmp_path / "query_budgets.toml",
    )


def text(outcome):
    return "\n".join(line for line, _ in outcome.lines)


def test_a_file_that_can_not_be_written_fails_the_run_and_keeps_its_summary(options, tmp_path):
    (tmp_path / "file").touch()
    options = replace(options, baseline="update", baseline_path=tmp_path / "file" / "below.json")
    outcome = conclude(RUN, options)
    assert str(tmp_path / "file") in outcome.failure
    assert text(outcome).startswith("traced 1 request in 1 test: 1 endpoint, no finding")


def test_a_report_that_can_not_be_written_fails_the_run_and_the_others_are(options, tmp_path):
    (tmp_path / "file").touch()
    outcome = conclude(RUN, options)
    write_reports(outcome, ["json:file/below.json", "json:run.json"], tmp_path)
    assert str(tmp_path / "file") in outcome.failure
    assert json.loads((tmp_path / "run.json").read_text())["requests"] == 1


def test_what_ends_the_writing_leaves_the_file_as_it_was(options, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    options.budgets_path.write_text(before := '[budgets]\n"GET joined/" = { queries = 3 }\n')
    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        conclude(RUN, replace(options, budgets="ratchet"))
    assert options.budgets_path.read_text() == before
    assert list(options.budgets_path.parent.iterdir()) == [options.budgets_path]


@pytest.mark.parametrize(
    "before",
    [
        'budgets."GET a/".queries = 3\n',
        'budgets = { "GET a/" = { queries = 3 } }\n',
    ],
)
def test_budgets_in_a_form_that_can_not_be_edited_are_named_and_stay(options, before):
    options.budgets_path.write_text(before)
    outcome = conclude(RUN, replace(options, budgets="update"))
    assert f"{options.budgets_path}: it can't be changed" in outcome.failure
    assert options.budgets_path.read_text() == before


def test_a_route_that_steers_a_terminal_is_shown_and_does_not(options):
    endpoint = {**RUN["endpoints"][0], "route": "a\n\x1b[2J"}
    options.budgets_path.write_text('[budgets]\n"GET b\\n\\u001b" = { queries = 1 }\n')
    outcome = conclude({**RUN, "endpoints": [endpoint]}, replace(options, budgets="check"))
    assert "GET a\\x0a\\x1b[2J" in text(outcome)
    assert "\x1b" not in text(outcome)


def test_a_check_says_how_many_endpoints_it_held(options):
    options.budgets_path.write_text('[budgets]\n"GET joined/" = { queries = 1 }\n')
    outcome = conclude(RUN, replace(options, mode="off", budgets="check"))
    assert text(outcome) == "budgets: 1 endpoint held to query_budgets.toml"


@pytest.mark.parametrize("budgets", ["check", "ratchet"])
def test_there_is_nothing_to_check_without_the_file(options, budgets):
    with pytest.raises(BudgetsError, match="there is no such file; --query-budgets=update"):
        begin(replace(options, budgets=budgets))


def test_without_tomlkit_it_is_said_before_the_tests_run(options, monkeypatch):
    monkeypatch.setitem(sys.modules, "tomlkit", None)
    with pytest.raises(BudgetsError, match="pip install"):
        begin(replace(options, budgets="update"))
