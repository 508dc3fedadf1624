"""Finished traces, counted: a byte in a file for each, which other processes can count as well."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = "SOAK_TRACES"


@cache
def _file(_: int) -> int:
    """Of this process; one that was forked has another."""
    path = Path(os.environ[FOLDER]) / str(os.getpid())
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def count(report: Any) -> None:
    """The guard's reporter."""
    os.write(_file(os.getpid()), b"." if report.queries else b"0")


def finished(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())
