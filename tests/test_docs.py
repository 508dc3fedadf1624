"""The documentation's examples are run, against the orders API."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from nplusone_guard.detect import DETECTORS
from nplusone_guard.report.json import schema

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "example_project"
if not EXAMPLE.is_dir():
    pytest.skip("the source distribution has no example", allow_module_level=True)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: How a block that is no test is run: its settings hold, its warnings and findings are none.
RUN = """
SOURCE = {source!r}
PLACE = {place!r}
LINE = {line}

def test_block(grow, settings):
    from pathlib import Path
    from django.core.checks import run_checks
    from nplusone_guard import capture

    Path(PLACE).write_text("\\n" * (LINE - 1) + SOURCE)  # comments on its lines are read
    grow(3)
    names = {{"__name__": "block"}}
    with capture() as report:
        exec(compile("\\n" * (LINE - 1) + SOURCE, PLACE, "exec"), names)
    assert not report.findings and not report.stale, str(report)
    if "NPLUSONE_GUARD" in names:
        settings.NPLUSONE_GUARD = names["NPLUSONE_GUARD"]
        assert run_checks(tags=["query_guard"]) == []
"""


def blocks(language):
    """The page's name, the line and the text of each block in a language."""
    for page in PAGES:
        text = page.read_text()
        for match in FENCE.finditer(text):
            if match[1] == language:
                yield page.stem, text.count("\n", 0, match.start()) + 2, match[2]


def test_every_python_block_runs(tmp_path):
    shutil.copy(EXAMPLE / "conftest.py", tmp_path)
    number = 0
    for page, line, source in blocks("python"):
        number += 1
        name = f"{page.lower().replace('-', '_')}_{line}"
        text = source
        if "def test" not in source:
            place = str(tmp_path / f"{name}.py")
            text = RUN.format(source=source, place=place, line=line)
        (tmp_path / f"test_{name}.py").write_text(text)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=."),
            *("-c", "pytest.ini", str(tmp_path)),
        ],
        cwd=EXAMPLE,
        env={**os.environ, "DATABASE_URL": "", "DJANGO_SETTINGS_MODULE": "config.settings.test"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert number > 15
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= number


@pytest.mark.parametrize(
    ("page", "line", "text"),
    [pytest.param(*block, id=f"{block[0]}:{block[1]}") for block in blocks("json")],
)
def test_a_json_block_follows_the_schema(page, line, text):
    Draft202012Validator(schema()).validate(json.loads(text))


def test_the_table_of_findings_has_each_kind_that_is_detected():
    told = re.findall(r"^\| `(\w+)` \| (?:error|warning)", page("verdict"), re.MULTILINE)
    assert told == [detector.__name__ for detector in DETECTORS]


def test_the_scan_s_page_names_each_option_and_its_hints_are_known():
    from argparse import ArgumentParser

    from nplusone_guard.management.commands.guard_scan import Command
    from nplusone_guard.scan import hints

    parser = ArgumentParser(add_help=False)
    Command().add_arguments(parser)
    options = {name for action in parser._actions for name in action.option_strings}
    rows = re.findall(r"^\| (`--.*?) \|", page("scan"), re.MULTILINE)
    assert set(re.findall(r"--[a-z-]+", "".join(rows))) == options
    (block,) = re.findall(r"```toml\n(.*?)```", page("scan"), re.DOTALL)
    given = tomllib.loads(block)
    (route,) = given["routes"].values()
    assert set(given) == set(hints._TABLES)
    assert set(route) == set(hints._OF_ROUTE)


def page(name):
    return (ROOT / "docs" / f"{name}.md").read_text()


def test_pages_link_to_what_there_is():
    for name in (path for path in PAGES if path.stem != "README"):
        for link in re.findall(r"\]\(([\w-]+\.md)", name.read_text()):
            assert (ROOT / "docs" / link).exists(), f"{name.name}: {link}"
