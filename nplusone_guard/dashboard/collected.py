"""Stored requests as a run: what its renderers and ``guard_report diff`` take.

In place of a test, each request is named by its id in the store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nplusone_guard.suite.run import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nplusone_guard.dashboard.store import Stored

_SEVERITIES = ("error", "warning", "info")


def collected(requests: Iterable[Stored]) -> dict[str, Any]:
    """The run's JSON, version 1, of requests in the order in which they came."""
    endpoints: dict[tuple[Any, Any], dict[str, Any]] = {}
    findings: dict[tuple[Any, ...], dict[str, Any]] = {}
    suppressed: dict[str, dict[str, Any]] = {}
    number = 0
    for number, stored in enumerate(requests, 1):  # noqa: B007  how many there were
        report, name = stored.payload["report"], f"request {stored.row.id}"
        saved = stored.payload["wasted"]
        place = report["method"], report["route"]
        _count(endpoints, place, report, name, sum(saved))
        for finding, wasted in zip(report["findings"], saved, strict=True):
            _find(findings, place, finding, name, wasted)
        for each in stored.payload["suppressed"]:
            entry = suppressed.setdefault(
                each["allowance"],
                {"allowance": each["allowance"], "reason": each["reason"]},
            )
            entry["times"] = entry.get("times", 0) + 1
            entry["findings"] = 1
    return {
        "version": VERSION,
        "requests": number,
        "tests": number,
        "endpoints": sorted(
            endpoints.values(), key=lambda each: (-each["wasted"], -each["queries"]["max"])
        ),
        "findings": sorted(
            findings.values(),
            key=lambda each: (_SEVERITIES.index(each["severity"]), -each["wasted"]),
        ),
        "suppressed": list(suppressed.values()),
        "stale": [],
    }


def _count(
    endpoints: dict[tuple[Any, Any], dict[str, Any]],
    place: tuple[Any, Any],
    report: dict[str, Any],
    name: str,
    wasted: int,
) -> None:
    queries = report["queries"]
    each = endpoints.setdefault(
        place,
        {
            "method": place[0],
            "route": place[1],
            "requests": 0,
            "tests": 0,
            "queries": {"min": queries, "max": queries, "total": 0},
            "duplicates": 0,
            "rows": 0,
            "db_ms": 0.0,
            "wasted": -1,
            "worst": {},
        },
    )
    each["requests"] += 1
    each["tests"] += 1
    counts = each["queries"]
    each["queries"] = {
        "min": min(counts["min"], queries),
        "max": max(counts["max"], queries),
        "total": counts["total"] + queries,
    }
    each["duplicates"] = max(each["duplicates"], report["duplicates"])
    each["rows"] = max(each["rows"], report["rows"])
    each["db_ms"] = round(each["db_ms"] + report["db_ms"], 3)
    if wasted > each["wasted"]:
        each["wasted"] = wasted
        each["worst"] = {"test": name, "number": 1, **report}


def _find(
    findings: dict[tuple[Any, ...], dict[str, Any]],
    place: tuple[Any, Any],
    finding: dict[str, Any],
    name: str,
    wasted: int,
) -> None:
    known = findings.get((*place, finding["id"]))
    tests = [*known["tests"], name] if known else [name]
    shown = finding if known is None or wasted > known["wasted"] else known
    findings[*place, finding["id"]] = {
        **shown,
        "method": place[0],
        "route": place[1],
        "known": False,
        "wasted": max(wasted, known["wasted"] if known else 0),
        "requests": len(set(tests)),
        "tests": list(dict.fromkeys(tests)),
    }
