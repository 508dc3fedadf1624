"""The queries of a request over its time: a bar a group, from its first execution to its last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nplusone_guard.report.text import safe
from nplusone_guard.report.words import place_name, subject, walk

if TYPE_CHECKING:
    from nplusone_guard.report.html.sql import Statements

_MOST_GROUPS = 100
_NARROWEST = 0.4  # percent of the width
_HALVES = 2


def timeline(report: dict[str, Any], statements: Statements) -> dict[str, Any]:
    """The groups in the order in which they first ran, and the marks of the axis."""
    groups = report["groups"]
    whole = max([report["wall_ms"], *(_end(group) for group in groups)]) or 1.0
    severities = {
        (each["shape"], _site(each)): finding["severity"]
        for finding in report["findings"]
        for each in walk(finding)
    }
    return {
        "axis": [_mark(whole * number / _HALVES) for number in range(_HALVES + 1)],
        "rows": [
            _row(group, whole, severities.get((group["shape"], _site(group)), "none"), statements)
            for group in groups[:_MOST_GROUPS]
        ],
        "more": f"and {len(groups) - _MOST_GROUPS:,} more" if len(groups) > _MOST_GROUPS else "",
    }


def _row(
    group: dict[str, Any], whole: float, severity: str, statements: Statements
) -> dict[str, str]:
    left = min(100 * group["first_ms"] / whole, 100 - _NARROWEST)
    width = max(100 * (_end(group) - group["first_ms"]) / whole, _NARROWEST)
    return {
        "subject": subject(group),
        "operation": safe(group["operation"]),
        "database": "" if group["database"] == "default" else safe(group["database"]),
        "times": f"{group['count']:,}x",
        "took": _mark(group["db_ms"]),
        "span": f"{_mark(group['first_ms'])} to {_mark(_end(group))}",
        "rows": f"{group['rows']:,}",
        "place": place_name(group["location"]) or "",
        "severity": severity,
        "left": f"{left:.2f}",
        "width": f"{min(width, 100 - left):.2f}",
        "sql": statements.shown(group["sql"]),
    }


def _end(group: dict[str, Any]) -> float:
    """When the last execution ended; its fetch is not in ``last_ms``, but one's mean is known."""
    least = group["db_ms"] / group["count"]
    return float(max(group["last_ms"], group["first_ms"] + least))


def _site(part: dict[str, Any]) -> tuple[str, int] | None:
    location = part["location"]
    return None if location is None else (location["file"], location["line"])


def _mark(milliseconds: float) -> str:
    places = 0 if milliseconds >= 100 else 1  # noqa: PLR2004
    return f"{milliseconds:,.{places}f} ms"
