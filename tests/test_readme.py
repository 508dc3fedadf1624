"""The README says what is so today."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from nplusone_guard.conf import _KEYS, GuardSettings, guard_settings

ROOT = Path(__file__).resolve().parents[1]
if not (ROOT / "example_project").is_dir():
    pytest.skip("the source distribution has no example", allow_module_level=True)
README = (ROOT / "README.md").read_text()

PLACE = re.compile(r"\b([\w/]+\.py):(\d+)")
CODE = re.compile(r"^ +fix +(.+\))$", re.MULTILINE)
FACTS = {
    "repetitions": re.compile(r"(\d+)x +(\w+\.\w+\.\w+)"),
    "queries": re.compile(r"^GET (\S+)  (\d+)  (\d+) queries", re.MULTILINE),
    "fixes": CODE,
    "places": PLACE,
    "headers": re.compile(r"^(X-Guard-\w+): (\d+)$", re.MULTILINE),
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What ``make demo`` prints."""
    database = tmp_path_factory.mktemp("demo") / "demo.sqlite3"
    done = subprocess.run(
        [sys.executable, "demo.py"],
        cwd=ROOT / "example_project",
        env={**os.environ, "DATABASE_URL": f"sqlite:///{database}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def block():
    (found,) = re.findall(
        r"<!-- make demo -->\n```text\n(.*?)```\n<!-- /make demo -->", README, re.DOTALL
    )
    return found


@pytest.mark.parametrize("fact", FACTS)
def test_the_block_of_output_says_what_the_demonstration_says(demo, block, fact):
    today = set(FACTS[fact].findall(demo))
    assert today
    assert set(FACTS[fact].findall(block)) == today, "make readme takes it anew"


def test_the_picture_says_what_the_demonstration_says(demo):
    picture = (ROOT / "docs" / "_static" / "report.svg").read_text()
    shown = re.sub(r"<[^>]+>|\s", "", picture).replace("&#160;", " ").replace("&quot;", '"')
    naive = demo[: demo.index("Server-Timing")]
    today = {
        *FACTS["fixes"].findall(naive),
        *(f"{file}:{line}" for file, line in FACTS["places"].findall(naive)),
        *(relation for _, relation in FACTS["repetitions"].findall(naive)),
    }
    assert {text for text in today if text not in shown} == set(), "make readme takes it anew"


def test_the_text_counts_as_the_demonstration_does(demo):
    (naive, tuned) = FACTS["queries"].findall(demo)
    lead = max(int(count) for count, _ in FACTS["repetitions"].findall(demo))
    assert f"{lead} queries are one finding" in README
    assert f"bring the page from {naive[2]} queries to 6 " in README
    assert re.search(rf"\sneeds {tuned[2]}\.", README)


def test_each_word_of_a_report_is_explained(demo):
    first_steps = (ROOT / "docs" / "first-steps.md").read_text()
    words = set(re.findall(r"^ {6}(\w+) ", demo, re.MULTILINE))
    assert {"at", "fix", "sql"} <= words
    assert words <= set(re.findall(r"^\| `(\w+)` \|", first_steps, re.MULTILINE))


# --- Settings ---


def rows(text):
    """Key → the other cells of its row, of a table whose first column is a key."""
    table = {}
    for line in text.splitlines():
        match = re.match(r"\| `([A-Z_]+)` \| (.+) \|$", line)
        if match:
            table[match[1]] = match[2].split(" | ")
    return table


def test_the_table_has_each_setting_in_order():
    assert list(rows(README)) == list(_KEYS)


@pytest.mark.parametrize("key", _KEYS)
def test_a_setting_takes_what_the_table_says(key):
    _, parse, _ = _KEYS[key]
    with pytest.raises(ValueError, match=r".") as caught:
        parse(object())
    assert rows(README)[key][0] == str(caught.value)


@pytest.mark.parametrize("key", _KEYS)
def test_a_settings_default_is_what_the_table_says(key, settings):
    said = rows(README)[key][1]
    _, _, default = _KEYS[key]
    if not callable(default):
        value = list(default) if isinstance(default, tuple) else default
        assert ast.literal_eval(said.strip("`")) == value
    elif key == "HEADERS":
        assert said == "`DEBUG`"
        settings.DEBUG = True
        assert default() is True
        settings.DEBUG = False
        assert default() is False
    else:
        assert said.startswith("static files, ")
        settings.STATIC_URL = settings.MEDIA_URL = None
        assert tuple(re.findall("`([^`]+)`", said)) == default()


def test_the_reference_has_each_setting_too():
    reference = (ROOT / "docs" / "settings.md").read_text()
    assert re.findall(r"^## `([A-Z_]+)`$", reference, re.MULTILINE) == list(_KEYS)


# --- Everything else ---


def test_links_within_the_repository_lead_somewhere():
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", README) if "://" not in link]
    assert len(links) > 5
    for link in links:
        assert (ROOT / link).exists(), link


def test_supported_versions_are_those_that_are_declared_and_run():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    *djangos, last = re.findall(r"Framework :: Django :: ([\d.]+)", str(declared["classifiers"]))
    python = declared["requires-python"].removeprefix(">=")
    assert f"Python {python} and later with Django {', '.join(djangos)} or {last};" in README
    (run,) = re.findall(r"^PAIRS = (.+)$", (ROOT / "noxfile.py").read_text(), re.MULTILINE)
    pairs = ast.literal_eval(run)
    *first, (python, django) = pairs
    text = ", ".join(" with ".join(pair) for pair in first) + f" and {python} with {django}"
    assert f"The tests run on {text}." in README


@pytest.mark.parametrize("target", ["demo", "test", "bench-overhead"])
def test_targets_that_are_named_exist(target):
    assert f"make {target}" in README
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_field_of_the_settings_has_a_key():
    assert isinstance(guard_settings(), GuardSettings)
    fields = {name for name, _, _ in _KEYS.values()}
    assert fields | {"problems"} == set(GuardSettings.__dataclass_fields__)
