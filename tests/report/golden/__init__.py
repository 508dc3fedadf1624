"""Golden files: what a renderer writes, as a reader sees it.

``UPDATE_GOLDEN=1 pytest tests/report`` writes them anew; read the difference before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent


def check(name: str, text: str) -> None:
    """Compare ``text`` with the golden file ``name``."""
    file = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert file.exists(), f"{name} is missing: run with UPDATE_GOLDEN=1 and read it"
    assert text == file.read_text(encoding="utf-8")
