"""The log of a development server: each thing said once, and what got better."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import override_settings

from nplusone_guard.budget import BudgetViolation
from nplusone_guard.report import again
from nplusone_guard.report import log as log_module
from nplusone_guard.report.again import Memory
from nplusone_guard.report.console import log, render
from tests.traces import finding, group, lazy, report

ROOT = Path(__file__).parent.parent.parent
LOGGER = "nplusone_guard"


@pytest.fixture(autouse=True)
def nothing_shown_yet(monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    log_module._memory.cache_clear()
    yield
    log_module._memory.cache_clear()


@pytest.fixture
def logged(caplog):
    """What a report is logged as: its lines."""
    caplog.set_level(logging.INFO, LOGGER)

    def lines(made):
        caplog.clear()
        log(made)
        return caplog.messages[0].splitlines() if caplog.messages else []

    return lines


def said(verbosity):
    return override_settings(NPLUSONE_GUARD={"VERBOSITY": verbosity})


def request(*findings, label="GET /orders/", route="orders/", **changes):
    return report(*findings, label=label, method="GET", route=route, status=200, **changes)


def slow_list(**changes):
    return request(finding(lazy(5)), finding(lazy(3), id="fedcba9876543210"), **changes)


@said(1)
def test_what_was_shown_is_one_line_the_next_time(logged):
    assert len(logged(slow_list())) > 5
    assert logged(slow_list()) == [
        "GET /orders/  200  still 8 queries, 8 rows, db 4.0 of 12.0 ms  same 2 findings"
    ]


@said(1)
def test_part_of_what_was_shown_is_one_line_too(logged):
    logged(slow_list())
    assert logged(request(finding(lazy(5)))) == [
        "GET /orders/  200  still 5 queries, 5 rows, db 2.5 of 12.0 ms  same 1 finding"
    ]


@said(1)
def test_a_new_finding_shows_the_report_in_full(logged):
    logged(request(finding(lazy(5))))
    assert len(logged(slow_list())) > 5


@said(1)
def test_another_page_of_the_same_endpoint_is_the_same(logged):
    logged(slow_list(label="GET /orders/1/", route="orders/<int:pk>/"))
    assert len(logged(slow_list(label="GET /orders/2/", route="orders/<int:pk>/"))) == 1


@said(1)
def test_another_endpoint_is_shown_in_full(logged):
    logged(slow_list())
    assert len(logged(slow_list(route="archive/"))) > 5


@said(1)
def test_a_limit_that_was_not_exceeded_before_shows_the_report_in_full(logged):
    logged(slow_list())
    over = slow_list(violations=(BudgetViolation("queries", 4, 8),))
    assert any("over budget" in line for line in logged(over))


@said(1)
def test_a_request_without_a_finding_is_one_line(logged):
    clean = request(groups=(group(),))
    assert logged(clean) == logged(clean) == [render(clean)]


@said(2)
def test_verbosity_two_shows_each_in_full(logged):
    assert logged(slow_list()) == logged(slow_list())


@said(0)
def test_verbosity_zero_is_the_line_of_the_request_alone(logged):
    assert logged(slow_list()) == [
        "GET /orders/  200  8 queries, 8 rows, db 4.0 of 12.0 ms  2 findings"
    ]


def test_while_tests_run_each_is_shown_in_full(logged):
    with override_settings(DEBUG=True):
        assert logged(slow_list()) == logged(slow_list())


@override_settings(NPLUSONE_GUARD={"LEVEL": "warning"})
def test_level_warning_leaves_out_what_is_all_right(logged):
    assert logged(request(groups=(group(),))) == []
    assert logged(slow_list()) != []


# --- What got better since the code was changed ---


def line(memory, made):
    return render(made, again=memory.compare(made.assessment)).splitlines()[0]


def test_after_the_code_was_changed_an_improvement_is_told_once(tmp_path):
    path = tmp_path / "before.json"
    line(Memory(path), slow_list())
    after, tuned = Memory(path), request(groups=(group(),))
    assert line(after, tuned).endswith("ok  queries 8 → 1, 2 findings gone")
    assert line(after, tuned).endswith("ok")


def test_what_is_left_is_shown_beside_what_is_gone(tmp_path):
    path = tmp_path / "before.json"
    line(Memory(path), slow_list())
    assert line(Memory(path), request(finding(lazy(5)))).endswith(
        "1 finding  queries 8 → 5, 1 finding gone"
    )


def test_in_one_process_no_improvement_is_claimed(tmp_path):
    memory = Memory(tmp_path / "before.json")
    line(memory, slow_list())
    assert line(memory, request(groups=(group(),))).endswith("  ok")


def test_another_page_is_no_improvement(tmp_path):
    path = tmp_path / "before.json"
    line(Memory(path), slow_list(label="GET /orders/1/"))
    empty = request(groups=(group(),), label="GET /orders/2/")
    assert line(Memory(path), empty).endswith("  ok")


def test_a_request_that_fails_is_no_improvement(tmp_path):
    path = tmp_path / "before.json"
    line(Memory(path), slow_list())
    failed = report(groups=(), label="GET /orders/", method="GET", route="orders/", status=404)
    assert "gone" not in line(Memory(path), failed)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 1}', '{"version": 1, "directory": "", "requests": 3}']
)
def test_a_file_that_is_not_ours_counts_as_none(tmp_path, text):
    path = tmp_path / "before.json"
    path.write_text(text)
    assert line(Memory(path), slow_list()).endswith("2 findings")


def test_a_file_that_cannot_be_written_changes_nothing(tmp_path):
    (tmp_path / "taken").write_text("")
    assert line(Memory(tmp_path / "taken" / "before.json"), slow_list()).endswith("2 findings")


SCRIPT = """
import sys
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from tests.conftest import fill
call_command("migrate", run_syncdb=True, verbosity=0)
fill()
for path in sys.argv[1:]:
    Client(headers={"host": "localhost"}).get(path)
"""


def develop(tmp_path, *paths):
    """What a process that somebody develops in writes to standard error for these requests."""
    (tmp_path / "developed.py").write_text(
        "from tests.settings import *\n"
        "DEBUG = True\n"
        'MIDDLEWARE = ["nplusone_guard.middleware.GuardMiddleware"]\n'
        'ROOT_URLCONF = "tests.endpoints"\n'
        'STATIC_URL = "static/"\n'
    )
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "developed",
        "PYTHONPATH": f"{ROOT}:{tmp_path}",
        "TMPDIR": str(tmp_path),
    }
    environ.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *paths],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    return re.sub(r"db .* ms", "db", done.stderr)


def test_who_develops_sees_each_request_without_configuring_logging(tmp_path):
    shown = develop(tmp_path, "/row-by-row/", "/row-by-row/", "/joined/")
    first, *_, second, third = shown.splitlines()
    assert first == "GET /row-by-row/  200  6 queries, 10 rows, db  1 finding"
    assert second == "GET /row-by-row/  200  still 6 queries, 10 rows, db  same 1 finding"
    assert third == "GET /joined/  200  1 query, 5 rows, db  ok"


def test_without_a_place_for_temporary_files_nothing_is_compared_and_all_is_said(
    monkeypatch,
):
    def none():
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(again.tempfile, "gettempdir", none)
    assert again.own_file(1) is None


def test_in_a_directory_that_is_gone_reports_are_said_all_the_same(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    memory = Memory(tmp_path / "before.json")
    gone.rmdir()
    assert not memory.compare(slow_list().assessment).same
    assert not (tmp_path / "before.json").exists()


@pytest.mark.parametrize("mode", [0o777, 0o750])
def test_a_directory_that_others_may_look_into_holds_no_file(mode, tmp_path, monkeypatch):
    monkeypatch.setattr(again.tempfile, "gettempdir", lambda: str(tmp_path))
    directory = tmp_path / f"nplusone_guard-{os.getuid()}"
    directory.mkdir()
    directory.chmod(mode)
    assert again.own_file(1) is None
    directory.chmod(0o700)
    assert again.own_file(1) == directory / "1.json"


def test_a_directory_that_is_a_planted_link_holds_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(again.tempfile, "gettempdir", lambda: str(tmp_path))
    (tmp_path / "theirs").mkdir()
    (tmp_path / f"nplusone_guard-{os.getuid()}").symlink_to(tmp_path / "theirs")
    assert again.own_file(1) is None


def test_a_path_of_somebodys_own_is_one_line_of_the_log(logged):
    said = logged(report(groups=(), label="GET /a\r\n\x1b[2Jroot logged in/", route=None))
    assert len(said) == 1
    assert "\x1b" not in said[0]
