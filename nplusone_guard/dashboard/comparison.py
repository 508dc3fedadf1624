"""Two requests side by side: what changed between them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from nplusone_guard.dashboard.listing import ms, shown
from nplusone_guard.report.html.sql import Statements
from nplusone_guard.report.text import safe
from nplusone_guard.report.words import headline, place_name, subject

if TYPE_CHECKING:
    from nplusone_guard.dashboard.store import Stored

_MOST_STATEMENTS = 200


def comparison(before: Stored, after: Stored) -> dict[str, Any]:
    """The figures, the findings and the statements of both."""
    return {
        "before": shown(before.row),
        "after": shown(after.row),
        "verdict": _verdict(before, after),
        "figures": [
            _figure(name, getattr(before.row, key), getattr(after.row, key), timed=timed)
            for name, key, timed in (
                ("queries", "queries", False),
                ("findings", "findings", False),
                ("duplicates", "duplicates", False),
                ("rows", "rows", False),
                ("database", "db_ms", True),
                ("total", "wall_ms", True),
            )
        ],
        "findings": _findings(before, after),
        "statements": _statements(before, after)[:_MOST_STATEMENTS],
        "same_endpoint": (before.row.method, before.row.route)
        == (after.row.method, after.row.route),
    }


def _verdict(before: Stored, after: Stored) -> str:
    old, new = before.row.queries, after.row.queries
    if old == new:
        return f"{new:,} queries in both"
    return f"{old:,} → {new:,} queries"


def _figure(name: str, old: float, new: float, *, timed: bool) -> dict[str, str]:
    text = ms if timed else "{:,}".format
    change = new - old
    sign = "+" if change > 0 else "-"
    return {
        "name": name,
        "before": text(old),
        "after": text(new),
        "change": "" if not change else f"{sign}{text(abs(change))}",
        "kind": "better" if change < 0 else "worse" if change > 0 else "same",
    }


def _findings(before: Stored, after: Stored) -> list[dict[str, str]]:
    """Each finding of either: gone, still there, or new."""
    old, new = (each.payload["report"]["findings"] for each in (before, after))
    left = Counter(finding["id"] for finding in new)
    told = []
    for finding in old:
        stays = left[finding["id"]] > 0
        left[finding["id"]] -= stays
        told.append(_change(finding, "still there" if stays else "gone"))
    held = Counter(finding["id"] for finding in old)
    for finding in new:
        if held[finding["id"]] > 0:
            held[finding["id"]] -= 1
        else:
            told.append(_change(finding, "new"))
    return told


def _change(finding: dict[str, Any], change: str) -> dict[str, str]:
    return {
        "change": change,
        "kind": {"gone": "better", "new": "worse"}.get(change, "same"),
        "headline": headline(finding),
        "place": place_name(finding["location"]) or "",
        "severity": finding["severity"],
    }


def _statements(before: Stored, after: Stored) -> list[dict[str, Any]]:
    """Each shape of either with its executions in both, the greatest change first."""
    counts: list[Counter[str]] = []
    times: list[Counter[str]] = []
    groups: dict[str, dict[str, Any]] = {}
    for each in (before, after):
        count: Counter[str] = Counter()
        time: Counter[str] = Counter()
        for group in each.payload["report"]["groups"]:
            if group["operation"] == "transaction":
                continue
            groups.setdefault(group["shape"], group)
            count[group["shape"]] += group["count"]
            time[group["shape"]] += group["db_ms"]
        counts.append(count)
        times.append(time)
    statements = Statements()
    shapes = sorted(groups, key=lambda shape: -abs(counts[1][shape] - counts[0][shape]))
    return [
        {
            "subject": subject(groups[shape]),
            "operation": safe(groups[shape]["operation"]),
            "before": f"{counts[0][shape]:,}x" if counts[0][shape] else "none",
            "after": f"{counts[1][shape]:,}x" if counts[1][shape] else "none",
            "took": f"{ms(times[0][shape])} → {ms(times[1][shape])}",
            "kind": _kind(counts[0][shape], counts[1][shape]),
            "sql": statements.shown(groups[shape]["sql"]),
        }
        for shape in shapes
    ]


def _kind(old: int, new: int) -> str:
    if not old and new == 1:
        return "same"  # as a prefetch is, in place of many others
    return "better" if new < old else "worse" if new > old else "same"
