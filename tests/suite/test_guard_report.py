"""``guard_report diff`` as a command, with a project and without one."""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from nplusone_guard.__main__ import main
from nplusone_guard.report.json import to_dict
from nplusone_guard.report.write import write
from nplusone_guard.suite.stored import UnreadableRunError, read_run
from tests.report import sample_run
from tests.report.samples import clean
from tests.suite.test_diff import found, run_of


@pytest.fixture
def files(tmp_path):
    """A run with nothing, one with a finding, and one with it worse."""
    for name, run in {
        "clean": run_of(),
        "some": run_of(found(count=5)),
        "worse": run_of(found(count=6)),
    }.items():
        write(run, "json", tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    ("base", "head", "code"),
    [
        ("clean", "clean", 0),
        ("some", "some", 0),
        ("some", "clean", 0),
        ("clean", "some", 1),
        ("some", "worse", 1),
    ],
)
def test_its_exit_code_tells_whether_something_is_new_or_worse(base, head, code, files, capsys):
    assert main(["diff", str(files / base), str(files / head)]) == code
    assert capsys.readouterr().out.startswith("## Queries, compared\n")


def test_manage_prints_the_same_and_fails_the_same(files, capsys):
    arguments = ["diff", str(files / "clean"), str(files / "some")]
    main(arguments)
    out = StringIO()
    with pytest.raises(CommandError, match="new or worse") as raised:
        call_command("guard_report", *arguments, stdout=out)
    assert raised.value.returncode == 1
    assert out.getvalue() == capsys.readouterr().out


def test_manage_is_content_with_less(files):
    out = StringIO()
    call_command("guard_report", "diff", str(files / "some"), str(files / "clean"), stdout=out)
    assert "### Gone" in out.getvalue()


def test_it_runs_without_a_project(files):
    command = [sys.executable, "-m", "nplusone_guard", "diff", str(files / "some"), "missing.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={}, cwd=files)
    assert done.returncode == 2
    assert done.stderr == (
        "python -m nplusone_guard: missing.json can not be read: No such file or directory.\n"
    )
    command[-1] = "some"
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={}, cwd=files)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_name_that_the_terminal_can_not_show_breaks_nothing(files):
    write(run_of(found("größe")), "json", files / "umlaut")
    command = [sys.executable, "-m", "nplusone_guard", "diff", "clean", "umlaut"]
    environment = {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, check=False, env=environment, cwd=files)
    assert done.returncode == 1
    assert rb"gr\xf6\xdfe" in done.stdout


def test_without_a_subcommand_it_says_what_there_is(capsys):
    with pytest.raises(SystemExit) as raised:
        main([])
    assert raised.value.code == 2
    assert "diff" in capsys.readouterr().err


# --- Files that are no run ---


def other_version():
    return json.dumps({**sample_run.run(), "version": 2})


def wrong_within():
    run = sample_run.run()
    run["findings"][1]["nested"] = [{**run["findings"][1], "count": "many"}]
    return json.dumps(run)


UNREADABLE = {
    "not JSON": ("{", "no JSON"),
    "no object": ("[]", "it names no version"),
    "no version": ("{}", "it names no version"),
    "another version": (other_version(), "version 2 of the format, .* reads version 1"),
    "one report": (json.dumps(to_dict(clean())), "a report of one request"),
    "a key is missing": (
        json.dumps({"version": 1, "endpoints": []}),
        "the document has no requests",
    ),
    "a wrong type within": (wrong_within(), r"findings\[1\]\.nested\[0\]\.count is no integer"),
    "nothing but brackets": ("[" * 100_000, "no JSON"),
}


@pytest.mark.parametrize(("text", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_it_is_named_with_what_is_wrong(text, said, files, capsys):
    (files / "bad").write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableRunError, match=said):
        read_run(files / "bad")
    for pair in (["bad", "some"], ["some", "bad"]):
        assert main(["diff", *(str(files / name) for name in pair)]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert str(files / "bad") in captured.err


def test_bytes_that_are_no_text_are_named(files):
    (files / "bad").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableRunError, match="bad is no text in UTF-8"):
        read_run(files / "bad")


def test_manage_fails_with_2_for_them(files):
    with pytest.raises(CommandError, match="missing") as raised:
        call_command("guard_report", "diff", str(files / "missing"), str(files / "some"))
    assert raised.value.returncode == 2


def test_a_key_that_a_later_version_adds_is_no_fault(files):
    run = run_of(found())
    run["surprise"] = run["findings"][0]["surprise"] = 1
    (files / "later").write_text(json.dumps(run), encoding="utf-8")
    assert read_run(files / "later") == run


def test_each_sample_reads_back(files):
    for run in (sample_run.run(), sample_run.run_with_a_baseline(), sample_run.empty()):
        write(run, "json", files / "sample")
        assert read_run(files / "sample") == run
