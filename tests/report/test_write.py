"""A run written to a file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nplusone_guard.report.write import parse_spec, render, write
from nplusone_guard.suite.stored import read_run
from tests.report import sample_run

pytestmark = pytest.mark.usefixtures("checkout")


@pytest.mark.parametrize(
    ("spec", "parsed"),
    [
        ("html:out.html", ("html", "out.html")),
        ("json:a/b.json", ("json", "a/b.json")),
        ("md:C:\\out.md", ("md", "C:\\out.md")),
        ("sarif:guard.sarif", ("sarif", "guard.sarif")),
    ],
)
def test_a_specification_is_a_format_and_a_path(spec, parsed):
    assert parse_spec(spec) == parsed


@pytest.mark.parametrize("spec", ["", "html", "html:", "out.html", "pdf:out.pdf", ":out", "HTML:x"])
def test_anything_else_is_refused_with_what_it_takes(spec):
    with pytest.raises(ValueError, match="html:PATH, json:PATH, md:PATH, sarif:PATH") as raised:
        parse_spec(spec)
    assert repr(spec) in str(raised.value)


@pytest.mark.parametrize("form", ["html", "json", "md", "sarif"])
def test_the_file_holds_the_text_of_its_format(form, tmp_path):
    path = tmp_path / "not" / "there" / f"yet.{form}"
    run = sample_run.run()
    write(run, form, path)
    assert path.read_bytes() == render(run, form).encode()
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_what_is_written_as_json_reads_back(tmp_path):
    write(sample_run.run(), "json", tmp_path / "run.json")
    assert read_run(tmp_path / "run.json") == sample_run.run()


def test_a_file_is_replaced_at_once(tmp_path):
    path = tmp_path / "run.json"
    path.write_text("old", encoding="utf-8")
    with path.open(encoding="utf-8") as reader:
        write(sample_run.empty(), "json", path)
        assert reader.read() == "old"
    assert json.loads(path.read_text("utf-8"))["requests"] == 0


def test_a_file_that_can_not_be_written_leaves_the_old_one_and_no_scratch(tmp_path):
    (tmp_path / "run.md").mkdir()
    with pytest.raises(OSError, match=r"run\.md"):
        write(sample_run.run(), "md", tmp_path / "run.md")
    (tmp_path / "file").write_text("old", encoding="utf-8")
    with pytest.raises(OSError, match="file"):
        write(sample_run.run(), "md", tmp_path / "file" / "run.md")
    assert sorted(each.name for each in tmp_path.iterdir() if each.name.startswith(".")) == []


def test_a_fault_while_it_is_put_in_place_leaves_no_scratch(tmp_path, monkeypatch):
    path = tmp_path / "run.md"
    path.write_text("old", encoding="utf-8")

    def refuse(*_):
        raise PermissionError(13, "denied", str(path))

    monkeypatch.setattr("pathlib.Path.replace", refuse)
    with pytest.raises(PermissionError):
        write(sample_run.run(), "md", path)
    assert path.read_text("utf-8") == "old"
    assert not list(tmp_path.glob(".run*"))


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link.md").symlink_to(tmp_path / "run.md")
    write(sample_run.run(), "md", tmp_path / "link.md")
    assert (tmp_path / "link.md").is_symlink()
    assert (tmp_path / "run.md").is_file()


def test_a_device_is_written_to_and_stays_one():
    write(sample_run.run(), "md", os.devnull)
    assert Path(os.devnull).is_char_device()
