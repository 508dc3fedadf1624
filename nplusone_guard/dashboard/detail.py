"""A request's page: what was found, when each query ran, and where the queries come from."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from nplusone_guard.dashboard.explain import refusal
from nplusone_guard.dashboard.fields import tree
from nplusone_guard.dashboard.links import link as url
from nplusone_guard.dashboard.listing import ms, shown
from nplusone_guard.dashboard.source import excerpt, sql_pieces
from nplusone_guard.report.html.sql import Statements
from nplusone_guard.report.html.timeline import timeline
from nplusone_guard.report.text import safe
from nplusone_guard.report.words import (
    WORDINGS,
    counted,
    place_name,
    subject,
    title,
    total,
    total_ms,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nplusone_guard.dashboard.store import Row, Stored

_MOST_LEVELS = 30
_MOST_FINDINGS = 100
_MOST_NODES = 300


def detail(stored: Stored, others: Sequence[Row]) -> dict[str, Any]:
    """All of the page; ``others``: requests of the same endpoint, the last one first."""
    report, row = stored.payload["report"], stored.row
    statements = Statements()
    names = [group["field"] for group in stored.payload["groups"]]
    findings = report["findings"]
    nodes = tree(report["groups"], names)
    return {
        "request": shown(row),
        "figures": figures(row),
        "violations": [
            f"over budget: {_number(each['actual'])} {safe(each['limit'])}, "
            f"allowed {_number(each['allowed'])}"
            for each in report["violations"]
        ],
        "findings": [
            {**_finding(finding, stored, saved, statements), "anchor": anchor}
            for finding, saved, anchor in zip(
                findings[:_MOST_FINDINGS],
                stored.payload["wasted"],
                _anchors(findings),
                strict=False,
            )
        ],
        "more_findings": max(0, len(findings) - _MOST_FINDINGS),
        "timeline": _timeline(stored, statements),
        "fields": nodes[:_MOST_NODES],
        "more_fields": max(0, len(nodes) - _MOST_NODES),
        "suppressed": [
            {
                "title": title(each["kind"]),
                "count": f"{each['count']:,}",
                "allowance": safe(each["allowance"]),
                "reason": safe(each["reason"]),
            }
            for each in stored.payload["suppressed"]
        ],
        "others": [_other(each, row) for each in others if each.id != row.id],
    }


def _anchors(findings: Sequence[dict[str, Any]]) -> Iterator[str]:
    """A name in the page for each; findings of one id are told apart by their number."""
    seen: Counter[str] = Counter()
    for finding in findings:
        name = safe(finding["id"])
        seen[name] += 1
        yield f"f-{name}" if seen[name] == 1 else f"f-{name}-{seen[name]}"


def figures(row: Row) -> list[dict[str, str]]:
    """The numbers at the top."""
    return [
        _figure(row.queries, "query"),
        _figure(row.findings, "finding"),
        {"number": f"{row.wasted:,}", "noun": "to save"},
        _figure(row.duplicates, "duplicate"),
        _figure(row.rows, "row"),
        {"number": ms(row.db_ms), "noun": "in the database"},
        {"number": ms(row.wall_ms), "noun": "in total"},
    ]


def _figure(number: int, noun: str) -> dict[str, str]:
    return {"number": f"{number:,}", "noun": counted(number, noun).partition(" ")[2]}


def _finding(
    finding: dict[str, Any], stored: Stored, saved: int, statements: Statements
) -> dict[str, Any]:
    levels = list(walk(finding))
    facts = [finding["severity"], ms(total_ms(finding))]
    if saved:
        facts.append(f"a fix saves {counted(saved, 'query')}")
    return {
        "id": safe(finding["id"]),
        "title": title(finding["kind"]),
        "short": WORDINGS[finding["kind"]].short if finding["kind"] in WORDINGS else "",
        "severity": safe(finding["severity"]),
        "count": f"{total(finding):,}",
        "subject": subject(finding),
        "facts": facts,
        "field": safe(finding["field_path"] or ""),
        "at": excerpt(finding["location"], stored.row.at),
        "levels": [
            {
                "count": f"{each['count']:,}",
                "subject": subject(each),
                "field": "" if each is finding else safe(each["field_path"] or ""),
                "place": place_name(each["location"]) or "",
            }
            for each in levels[:_MOST_LEVELS]
        ]
        if len(levels) > 1
        else [],
        "more_levels": max(0, len(levels) - _MOST_LEVELS),
        "fix": _fix(finding, stored.row.at),
        "statements": [
            _statement(each, stored, statements)
            for each in {each["shape"]: each for each in reversed(levels[:_MOST_LEVELS])}.values()
        ][::-1],
    }


def _statement(finding: dict[str, Any], stored: Stored, statements: Statements) -> dict[str, Any]:
    groups = stored.payload["report"]["groups"]
    number = next(
        (
            index
            for index, group in enumerate(groups)
            if group["shape"] == finding["shape"] and group["location"] == finding["location"]
        ),
        None,
    )
    plan = number is not None and refusal(groups[number]["sql"]) is None
    return {
        "subject": subject(finding),
        "place": place_name(finding["location"]) or "",
        "sql": sql_pieces(statements.shown(finding["sql"])),
        "explain": url("explain", stored.row.id, number) if plan else "",
    }


def _timeline(stored: Stored, statements: Statements) -> dict[str, Any]:
    """The report's timeline, each SELECT of it with a way to its plan."""
    report = stored.payload["report"]
    shown = timeline(report, statements)
    for number, row in enumerate(shown["rows"]):
        if refusal(report["groups"][number]["sql"]) is None:
            row["explain"] = url("explain", stored.row.id, number)
    return shown


def _fix(finding: dict[str, Any], at: float) -> dict[str, Any] | None:
    fix = finding["fix"]
    if fix is None:
        return None
    elsewhere = fix["where"] is not None and fix["where"] != finding["location"]
    return {
        "code": "\n".join(safe(line) for line in fix["code"].splitlines()),
        "explain": safe(fix["explain"]),
        "proven": safe(fix["proven"] or ""),
        "there": excerpt(fix["where"], at) if elsewhere else None,
    }


def _other(row: Row, this: Row) -> dict[str, Any]:
    """Another request of this endpoint, and where the two are side by side."""
    return {**shown(row), "compare": f"{url('compare')}?id={row.id}&id={this.id}"}


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
