"""The measures as a table: text, CSV, JSON, HTML."""

from __future__ import annotations

import csv
import html
import io
import json
from typing import TYPE_CHECKING, Any

from nplusone_guard.report.text import safe

if TYPE_CHECKING:
    from nplusone_guard.load.measures import Endpoint, Measures

#: Key, heading: milliseconds are means of the responses that told, but for percentiles.
COLUMNS = (
    ("method", "Type"),
    ("name", "Name"),
    ("requests", "# reqs"),
    ("failures", "# fails"),
    ("queries", "queries"),
    ("queries_max", "max"),
    ("db_ms", "db ms"),
    ("app_ms", "app ms"),
    ("db_share", "db %"),
    ("p50_ms", "p50 ms"),
    ("p95_ms", "p95 ms"),
    ("p99_ms", "p99 ms"),
)
_TEXTS = ("method", "name")


def rows(measures: Measures) -> list[dict[str, Any]]:
    """A row for each endpoint, sorted; what no response told is ``None``."""
    return [
        {"method": method, "name": name, **_numbers(endpoint)}
        for (method, name), endpoint in sorted(measures.endpoints.items())
    ]


def _numbers(endpoint: Endpoint) -> dict[str, float | None]:
    told = endpoint.read
    both = endpoint.db_ms + endpoint.app_ms
    mean = endpoint.mean_queries
    return {
        "requests": endpoint.requests,
        "failures": endpoint.failures,
        "read": told,
        "queries": None if mean is None else round(mean, 2),
        "queries_max": endpoint.most_queries,
        "db_ms": round(endpoint.db_ms / told, 2) if told else None,
        "app_ms": round(endpoint.app_ms / told, 2) if told else None,
        "db_share": round(100 * endpoint.db_ms / both, 1) if both else None,
        "p50_ms": endpoint.percentile(0.50),
        "p95_ms": endpoint.percentile(0.95),
        "p99_ms": endpoint.percentile(0.99),
    }


def to_text(measures: Measures) -> str:
    """A table for the terminal."""
    cells = [[title for _, title in COLUMNS]]
    cells += [[_cell(row[key]) for key, _ in COLUMNS] for row in rows(measures)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for line in cells:
        texts = [
            text.ljust(width) if key in _TEXTS else text.rjust(width)
            for text, width, (key, _) in zip(line, widths, COLUMNS, strict=True)
        ]
        lines.append("  ".join(texts).rstrip())
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def to_csv(measures: Measures) -> str:
    """Comma-separated values, with a heading of the keys."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [key for key, _ in COLUMNS], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows(measures))
    return out.getvalue()


def to_json(measures: Measures) -> str:
    """A list of the rows."""
    return json.dumps({"version": 1, "endpoints": rows(measures)}, indent=2) + "\n"


def to_html(measures: Measures) -> str:
    """A page with the table."""
    heads = "".join(f"<th>{html.escape(title)}</th>" for _, title in COLUMNS)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_cell(row[key]))}</td>" for key, _ in COLUMNS) + "</tr>"
        for row in rows(measures)
    )
    return _PAGE.format(heads=heads, body=body)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Queries under load</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem; overflow-x: auto }}
td, th {{ padding: .2rem .8rem; text-align: right; border-bottom: 1px solid #8884 }}
td:nth-child(-n+2), th:nth-child(-n+2) {{ text-align: left }}
</style></head>
<body><h1>Queries under load</h1>
<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>
</body></html>
"""


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:g}" if isinstance(value, float) else safe(str(value))
