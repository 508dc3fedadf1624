"""What was said of an endpoint before, so that it need not be said again.

Within a process what was shown stays in memory.  What a request cost before the code was changed
is kept in a small file of the user's own, because a development server begins a new process for
each change; it holds labels, counts and the ids of findings, nothing else.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nplusone_guard.report.report import Assessment

logger = logging.getLogger("nplusone_guard")

MOST = 200
_DAYS_KEPT = 7
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Again:
    """A report beside those before it.

    ``same``: all that is wrong with it was shown in this process.  ``before`` and ``gone``: how
    many queries the same request ran, and how many findings it had, that it no longer has since
    the code was changed; ``None`` and 0 where nothing got better.
    """

    same: bool = False
    before: int | None = None
    gone: int = 0


class Memory:
    """What this process has shown, and what the one before it saw."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._shown: dict[str, set[str]] = {}
        self._lock = Lock()
        self._before = _read(path)
        self._now: dict[str, tuple[int, list[str]]] = {}

    def compare(self, assessment: Assessment) -> Again:
        """How a report compares with those before; it is remembered."""
        trace = assessment.trace
        wrong = _wrong(assessment)
        endpoint = f"{trace.method} {trace.route}" if trace.route is not None else trace.label
        with self._lock:
            shown = self._shown.setdefault(endpoint, set())
            same = bool(wrong) and wrong <= shown
            shown |= wrong
            before, found = self._before.pop(trace.label, (0, []))
            gone = set(found) - wrong
            better = bool(gone) and trace.queries < before and (trace.status or 200) < 400  # noqa: PLR2004
            self._note(trace.label, trace.queries, sorted(wrong))
            while len(self._shown) > MOST:
                del self._shown[next(iter(self._shown))]
        return Again(same, before if better else None, len(gone) if better else 0)

    def _note(self, label: str, queries: int, wrong: list[str]) -> None:
        known = self._now.pop(label, None)
        self._now[label] = (queries, wrong)
        while len(self._now) > MOST:
            del self._now[next(iter(self._now))]
        if self._path is not None and known != (queries, wrong):
            _write(self._path, dict(list({**self._before, **self._now}.items())[-MOST:]))


def _wrong(assessment: Assessment) -> set[str]:
    found = {finding.id for finding in assessment.findings}
    found |= {violation.limit for violation in assessment.violations}
    return found | set(assessment.stale)


def own_file(parent: int) -> Path | None:
    """The file of what ``parent`` has started here, in a directory that is the user's alone."""
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    try:
        directory = Path(tempfile.gettempdir()) / f"nplusone_guard-{user}"
        directory.mkdir(mode=0o700, exist_ok=True)
        found = directory.lstat()
        if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & 0o077):
            return None  # somebody else could read or plant it
        for old in directory.glob("*.json"):
            if time() - old.lstat().st_mtime > _DAYS_KEPT * 86_400:
                old.unlink(missing_ok=True)
    except OSError:
        return None
    return directory / f"{parent}.json"


def _read(path: Path | None) -> dict[str, tuple[int, list[str]]]:
    if path is None:
        return {}
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
        if found["version"] != _VERSION or found["directory"] != os.getcwd():  # noqa: PTH109
            return {}
        return {
            str(label): (int(queries), [str(each) for each in wrong])
            for label, (queries, wrong) in found["requests"].items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}  # none yet, or not ours


def _write(path: Path, requests: dict[str, tuple[int, list[str]]]) -> None:
    new = path.with_suffix(f".{os.getpid()}")
    with suppress(OSError):  # without it nothing is compared
        held = {"version": _VERSION, "directory": os.getcwd(), "requests": requests}  # noqa: PTH109
        text = json.dumps(held)
        new.write_text(text, encoding="utf-8")
        new.replace(path)
