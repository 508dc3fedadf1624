"""The page about growth shows what its example prints."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "example_project"
if not EXAMPLE.is_dir():
    pytest.skip("the source distribution has no example", allow_module_level=True)
PAGE = (ROOT / "docs" / "growth.md").read_text()
SHOWN = re.compile(r"```python\n([^`]+)```\n\n<!-- printed -->\n```text\n(.*?)```", re.DOTALL)


def test_the_page_shows_what_its_example_prints(tmp_path):
    ((source, shown),) = SHOWN.findall(PAGE)
    shutil.copy(EXAMPLE / "conftest.py", tmp_path)
    (tmp_path / "test_growth_page.py").write_text(source)
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
    printed = re.sub(r" Or\s+fetch_mode\(.+?\), which needs no names\.", "", done.stdout)  # 6.1
    assert shown in printed, done.stdout
    assert "queries grow with the data" in shown
