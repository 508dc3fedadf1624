"""The page about the lab shows what its examples print, but for milliseconds."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "example_project"
if not EXAMPLE.is_dir():
    pytest.skip("the source distribution has no example", allow_module_level=True)
PAGE = (ROOT / "docs" / "lab.md").read_text()
SHOWN = re.compile(r"```python\n([^`]+)```\n\n<!-- printed -->\n```text\n(.*?)```", re.DOTALL)


def without_times(text):
    return re.sub(r"\d+\.\d( → \d+\.\d)? ms", "… ms", text)


def test_the_page_shows_what_its_examples_print(tmp_path):
    examples = SHOWN.findall(PAGE)
    shutil.copy(EXAMPLE / "conftest.py", tmp_path)
    for number, (source, _) in enumerate(examples):
        (tmp_path / f"test_lab_page_{number}.py").write_text(source)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "--rootdir=."),
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
    # Where the example itself stands is a temporary file.
    printed = re.sub(r"^ +(at|there) +\S*/test_lab_page.*\n", "", done.stdout, flags=re.MULTILINE)
    assert len(examples) == 2
    for _, shown in examples:
        assert without_times(shown) in without_times(printed), done.stdout
