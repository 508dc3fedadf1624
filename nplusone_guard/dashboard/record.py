"""A report as it is stored: what lists show, and its JSON with what the page needs besides."""

from __future__ import annotations

import json
import time
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nplusone_guard.report.json import to_dict
from nplusone_guard.suite.run import wasted

if TYPE_CHECKING:
    from nplusone_guard.report import Report

#: From the worst to none.
SEVERITIES = ("error", "warning", "info")
#: What a payload is made of.
_PARTS = frozenset({"report", "groups", "suppressed", "wasted"})
_LONGEST_PATH = 2_000
#: A page of a megabyte of JSON is none that anybody reads; more than that is a fault.
_MOST_UNPACKED = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """A request that has ended.

    ``at``: seconds since the epoch, when it was recorded.  ``kinds``: the kinds of its findings,
    each once.  ``payload``: ``{"report": ..., "groups": ..., "suppressed": ...}``, compressed
    JSON: the report's version 1, for each of its groups the field that ran it, and what was
    accepted.
    """

    id: str
    method: str
    path: str
    payload: bytes
    at: float = field(default_factory=time.time)
    route: str | None = None
    status: int | None = None
    queries: int = 0
    duplicates: int = 0
    rows: int = 0
    db_ms: float = 0.0
    wall_ms: float = 0.0
    findings: int = 0
    wasted: int = 0
    severity: str = ""
    kinds: tuple[str, ...] = ()
    violations: int = 0

    @property
    def size(self) -> int:
        """Bytes that it takes, but for what the file itself needs."""
        return len(self.payload) + 4 * len(self.path) + 200


def record_of(report: Report, name: str, at: float) -> Record:
    """The record of a finished report.  Takes milliseconds: not for the thread of a request."""
    form = to_dict(report)
    assessment = report.assessment
    method, _, path = form["label"].partition(" ")
    severities = {finding.severity for finding in assessment.findings}
    payload: dict[str, Any] = {
        "report": form,
        "groups": [
            {"field": group.field.text if group.field else None, "peak_ms": round(group.peak_ms, 3)}
            for group in assessment.trace.groups
        ],
        "suppressed": [
            {
                "allowance": str(each.allowance),
                "reason": each.allowance.reason,
                "kind": each.finding.kind,
                "count": each.finding.total,
            }
            for each in assessment.suppressed
        ],
        "wasted": [wasted(finding) for finding in assessment.findings],
    }
    return Record(
        id=name,
        at=at,
        method=_storable(method),
        path=_storable(path),
        route=None if form["route"] is None else _storable(form["route"]),
        status=form["status"],
        queries=form["queries"],
        duplicates=form["duplicates"],
        rows=form["rows"],
        db_ms=form["db_ms"],
        wall_ms=form["wall_ms"],
        findings=len(form["findings"]),
        wasted=sum(payload["wasted"]),
        severity=next((each for each in SEVERITIES if each in severities), ""),
        kinds=tuple(dict.fromkeys(finding.kind for finding in assessment.findings)),
        violations=len(form["violations"]),
        payload=zlib.compress(json.dumps(payload).encode("ascii"), 1),
    )


def unpacked(payload: bytes) -> dict[str, Any]:
    """What :func:`record_of` packed; raises ``ValueError`` for anything else."""
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(payload, _MOST_UNPACKED)
    except zlib.error as error:
        raise ValueError(f"the record is damaged: {error}") from None
    if unpacker.unconsumed_tail:
        raise ValueError("the record is too large")
    found = json.loads(text)
    if not isinstance(found, dict) or not found.keys() >= _PARTS:
        raise ValueError("the record is of another version of the guard")
    return found


def _storable(text: str) -> str:
    """Text that UTF-8 has, and no more of it than anybody reads."""
    shown = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return shown if len(shown) <= _LONGEST_PATH else f"{shown[: _LONGEST_PATH - 1]}…"
