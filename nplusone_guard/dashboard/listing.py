"""Requests as a list shows them: text, of which the template decides nothing but the place."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from nplusone_guard.dashboard.filters import ANY, NONE
from nplusone_guard.dashboard.links import link as url
from nplusone_guard.report.text import safe
from nplusone_guard.report.words import WORDINGS, counted, title

if TYPE_CHECKING:
    from nplusone_guard.dashboard.filters import Filters
    from nplusone_guard.dashboard.store import Row, Totals

STATUSES = (
    ("", "any status"),
    ("2xx", "2xx, fine"),
    ("3xx", "3xx, elsewhere"),
    ("4xx", "4xx, refused"),
    ("5xx", "5xx, failed"),
)


def shown(row: Row) -> dict[str, Any]:
    """One request."""
    when = datetime.fromtimestamp(row.at).astimezone()
    today = when.date() == datetime.now().astimezone().date()
    return {
        "id": row.id,
        "url": url("request", row.id),
        "time": when.strftime("%H:%M:%S" if today else "%b %d %H:%M"),
        "day": when.strftime("%Y-%m-%d %H:%M:%S"),
        "iso": when.isoformat(timespec="milliseconds"),
        "method": safe(row.method),
        "path": safe(row.path),
        "route": safe(row.route or ""),
        "status": "" if row.status is None else str(row.status),
        "status_kind": status_kind(row.status),
        "queries": f"{row.queries:,}",
        "counted": counted(row.queries, "query"),
        "severity": row.severity or ("error" if row.violations else ""),
        "findings": found_in(row),
        "saves": f"{row.wasted:,} to save" if row.wasted else "",
        "took": ms(row.wall_ms),
        "db": ms(row.db_ms),
        "share": f"{share(row.db_ms, row.wall_ms):.1f}",
    }


def found_in(row: Row) -> list[str]:
    """What is wrong with a request, in a word each."""
    words = [title(kind) for kind in row.kinds]
    if row.violations:
        words.append("over budget")
    return words


def status_kind(status: int | None) -> str:
    """A class of the style sheet: the first digit."""
    return f"s{status // 100}" if status is not None and 100 <= status <= 599 else ""  # noqa: PLR2004


def ms(value: float) -> str:
    """Milliseconds for people."""
    places = 0 if value >= 100 else 1  # noqa: PLR2004
    return f"{value:,.{places}f} ms"


def size(value: float) -> str:
    """Bytes for people."""
    for unit in ("bytes", "kB", "MB"):
        if value < 1_000 or unit == "MB":  # noqa: PLR2004
            break
        value /= 1_000
    return f"{value:,.0f} {unit}" if unit != "MB" else f"{value:,.1f} MB"


def share(part: float, whole: float) -> float:
    """Percent, from 0 to 100."""
    return min(100.0, 100 * part / whole) if whole > 0 else 0.0


def choices(filters: Filters) -> dict[str, list[dict[str, Any]]]:
    """What the form's two lists offer, and what of it is chosen."""
    findings = (
        ("", "any result"),
        (ANY, "with a finding"),
        (NONE, "without a finding"),
        *((kind, wording.title) for kind, wording in WORDINGS.items()),
    )
    statuses = list(STATUSES)
    if filters.status and filters.status not in dict(statuses):
        statuses.append((filters.status, filters.status))
    return {
        "statuses": _options(statuses, filters.status),
        "findings": _options(findings, filters.finding),
    }


def _options(given: Any, chosen: str) -> list[dict[str, Any]]:
    return [
        {"value": value, "text": safe(text), "chosen": value == chosen} for value, text in given
    ]


def totals_line(totals: Totals, max_bytes: int) -> list[str]:
    """How full the store is."""
    lines = [
        counted(totals.records, "request"),
        f"{size(totals.bytes)} of {size(max_bytes)}",
        f"{totals.added:,} ever",
    ]
    if totals.dropped:
        lines.append(f"{totals.dropped:,} dropped")
    return lines
