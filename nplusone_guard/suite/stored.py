"""A run read back from the file that it was written to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nplusone_guard.report.conform import fault
from nplusone_guard.report.run import run_schema
from nplusone_guard.suite.run import VERSION

if TYPE_CHECKING:
    import os


class UnreadableRunError(ValueError):
    """A file that holds no run; the message names the file and says what is wrong with it."""


def read_run(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The run in a file; raises :class:`UnreadableRunError`."""
    try:
        text = Path(path).read_text("utf-8")
    except OSError as error:
        raise UnreadableRunError(f"{path} can not be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UnreadableRunError(f"{path} is no text in UTF-8.") from error
    try:
        run = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableRunError(f"{path} is no JSON: {error}.") from error
    if not isinstance(run, dict) or "version" not in run:
        raise UnreadableRunError(f"{path} is no run of nplusone_guard: it names no version.")
    if run["version"] != VERSION:
        raise UnreadableRunError(
            f"{path} is a run in version {json.dumps(run['version'])} of the format, and this "
            f"nplusone_guard reads version {VERSION}: write both runs with one version of it."
        )
    if "endpoints" not in run:
        raise UnreadableRunError(f"{path} is no run: a report of one request, it seems.")
    found = fault(run, run_schema())
    if found is not None:
        raise UnreadableRunError(f"{path} is no run: {found}.")
    return run
