"""The summary in ``docs/suite.md`` is one that was printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "suite.md"
BLOCK = re.compile(r"(?<=<!-- suite -->\n```text\n).*?(?=```\n<!-- /suite -->)", re.DOTALL)
if not PAGE.is_file():
    pytest.skip("the source distribution has no documentation", allow_module_level=True)


def test_the_page_shows_what_the_example_prints():
    command = "pytest --query-guard=report orders/tests/test_naive_twins.py"
    outside = {name: value for name, value in os.environ.items() if "DJANGO" not in name}
    done = subprocess.run(
        [sys.executable, "-m", *command.split(), "-p", "no:cacheprovider"],
        cwd=ROOT / "example_project",
        env={**outside, "NO_COLOR": "1", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    said = re.search(r"=+ query guard =+\n(.*?)\n(?:=+ |\d+ passed)", done.stdout, re.DOTALL)
    assert said, done.stdout + done.stderr
    block = f"$ {command}\n...\n{said[1]}\n"
    page = PAGE.read_text()
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(BLOCK.sub(lambda _: block, page))
    (shown,) = BLOCK.findall(PAGE.read_text())
    assert shown == block, "UPDATE_GOLDEN=1 writes it anew"
