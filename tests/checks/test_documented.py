"""Each id has its row in ``docs/checks.md``, and there are no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import nplusone_guard.checks

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "checks.md"
if not PAGE.is_file():
    pytest.skip("the source distribution has no documentation", allow_module_level=True)


def test_the_table_has_a_row_for_each_id_and_no_other():
    sources = Path(nplusone_guard.checks.__file__).parent.glob("*.py")
    used = {
        number
        for source in sources
        for number in re.findall(r"""["'.}]([EWI]\d{3})["']""", source.read_text())
    }
    rows = re.findall(r"^\| `([EWI]\d{3})` \| \S.* \| \S.* \|$", PAGE.read_text(), re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == used
