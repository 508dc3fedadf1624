"""What the page shows, as text: the template formats nothing, and so depends on no locale."""

from __future__ import annotations

from typing import Any

from nplusone_guard.report.html.sql import Statements
from nplusone_guard.report.html.timeline import timeline
from nplusone_guard.report.place import site_of, source_line
from nplusone_guard.report.text import safe
from nplusone_guard.report.words import (
    WORDINGS,
    counted,
    endpoint_name,
    place_name,
    seen,
    stale_line,
    subject,
    total,
    total_ms,
    walk,
)

_MOST_LEVELS = 30
_MOST_TESTS = 30


def page(run: dict[str, Any]) -> dict[str, Any]:
    """The whole page."""
    statements = Statements()
    found = run["findings"]
    known = sum(finding["known"] for finding in found)
    endpoints = [_endpoint(endpoint, found, statements) for endpoint in run["endpoints"]]
    return {
        "traced": bool(run["requests"]),
        "figures": [
            _figure(run["requests"], "request"),
            _figure(run["tests"], "test"),
            _figure(len(run["endpoints"]), "endpoint"),
            _figure(len(found), "finding"),
        ],
        "known": f"{known:,}" if known else "",
        "endpoints": endpoints,
        "suppressed": [
            {
                "allowance": safe(each["allowance"]),
                "reason": safe(each["reason"]),
                "times": f"{counted(each['findings'], 'finding')} in "
                f"{counted(each['times'], 'request')}",
            }
            for each in run["suppressed"]
        ],
        "stale": [stale_line(line) for line in run["stale"]],
    }


def _figure(number: int, noun: str) -> dict[str, str]:
    return {"number": f"{number:,}", "noun": counted(number, noun).partition(" ")[2]}


def _endpoint(
    endpoint: dict[str, Any], found: list[dict[str, Any]], statements: Statements
) -> dict[str, Any]:
    own = [finding for finding in found if _key(finding) == _key(endpoint)]
    worst = endpoint["worst"]
    few, most = endpoint["queries"]["min"], endpoint["queries"]["max"]
    return {
        "name": endpoint_name(endpoint),
        "open": bool(own) and endpoint["wasted"] > 0,
        "queries": counted(most, "query") if few == most else f"{few:,} to {most:,} queries",
        "wasted": f"{endpoint['wasted']:,} wasted" if endpoint["wasted"] else "",
        "severity": own[0]["severity"] if own else "none",
        "facts": [
            f"{counted(endpoint['requests'], 'request')} of {counted(endpoint['tests'], 'test')}",
            *(
                f"at most {counted(endpoint[name], noun)}"
                for name, noun in (("duplicates", "duplicate"), ("rows", "row"))
                if endpoint[name]
            ),
            f"{_ms(endpoint['db_ms'])} in the database",
        ],
        "findings": [_finding(finding, statements) for finding in own],
        "worst": {
            "label": safe(worst["label"]),
            "status": "" if worst["status"] is None else str(worst["status"]),
            "test": safe(worst["test"]),
            "took": f"{counted(worst['queries'], 'query')}, {_ms(worst['db_ms'])} of "
            f"{_ms(worst['wall_ms'])} in the database",
            "violations": [
                f"over budget: {each['actual']:,} {each['limit']}, allowed {each['allowed']:,}"
                for each in worst["violations"]
            ],
            "timeline": timeline(worst, statements),
        },
    }


def _key(part: dict[str, Any]) -> tuple[Any, Any]:
    return part["method"] or None, part["route"] or None


def _finding(finding: dict[str, Any], statements: Statements) -> dict[str, Any]:
    levels = list(walk(finding))
    tests = [safe(test) for test in finding["tests"]]
    fix = finding["fix"]
    saves = f"a fix saves {counted(finding['wasted'], 'query')}" if finding["wasted"] else ""
    return {
        "id": safe(finding["id"]),
        "title": WORDINGS[finding["kind"]].title,
        "short": WORDINGS[finding["kind"]].short,
        "severity": finding["severity"],
        "known": finding["known"],
        "count": f"{total(finding):,}",
        "subject": subject(finding),
        "facts": ", ".join(
            filter(None, [_ms(total_ms(finding)), saves, f"seen in {seen(finding)}"])
        ),
        "field": safe(finding["field_path"] or ""),
        "at": _place(finding["location"]),
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
        "more_levels": _more(levels, _MOST_LEVELS),
        "fix": None if fix is None else _fix(fix, finding),
        "sql": statements.shown(finding["sql"]),
        "tests": tests[:_MOST_TESTS],
        "more_tests": _more(tests, _MOST_TESTS),
    }


def _fix(fix: dict[str, Any], finding: dict[str, Any]) -> dict[str, Any]:
    elsewhere = fix["where"] is not None and fix["where"] != finding["location"]
    return {
        "code": "\n".join(safe(line) for line in fix["code"].splitlines()),
        "explain": safe(fix["explain"]),
        "there": _place(fix["where"]) if elsewhere else None,
    }


def _place(location: dict[str, Any] | None) -> dict[str, Any] | None:
    """Where it is, and its line of source in three parts, of which the middle is marked."""
    if location is None:
        return None
    place = {
        "name": place_name(location),
        "function": safe(location["function"]),
        "line": str(location["line"]),
        "source": False,
    }
    source = source_line(site_of(location))
    if source is None:
        return place
    text, start, end = source
    return {
        **place,
        "source": True,
        "before": safe(text[:start]),
        "marked": safe(text[start:end]),
        "behind": safe(text[end:]),
    }


def _more(listed: list[Any], most: int) -> str:
    return f"and {len(listed) - most:,} more" if len(listed) > most else ""


def _ms(value: float) -> str:
    return f"{value:,.1f} ms" if value < 100 else f"{value:,.0f} ms"  # noqa: PLR2004
