"""The summary at the end of a run: endpoints by waste, each cause once, and what to do next."""

from __future__ import annotations

import linecache
from typing import TYPE_CHECKING, Any

from nplusone_guard.report.text import safe
from nplusone_guard.report.words import (
    counted,
    endpoint_name,
    headline,
    stale_line,
    subject,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_FINDINGS = 10
_COLUMNS = ("wasted", "queries", "requests")
_INDENT = "      "
_MOST_NESTED = 4


def lines(run: dict[str, Any], *, top: int) -> Iterator[tuple[str, str]]:
    """The lines of a summary, each with its style: ``"bad"``, ``"good"``, ``"head"`` or ``""``.

    ``top``: the number of endpoints in the table.
    """
    yield from _traced(run)
    if run["requests"]:
        yield from _endpoints(run, top)
    new = [each for each in run["findings"] if not each["known"]]
    shown = _causes(each for each in new if each["severity"] != "info")[:MOST_FINDINGS]
    for cause in shown:
        yield "", ""
        yield from _cause(cause)
    more = len(new) - sum(map(len, shown))
    if more > 0:
        yield "", ""
        yield f"and {counted(more, 'more finding')} (--query-guard-report)", ""
    known = len(run["findings"]) - len(new)
    if known:
        yield f"{counted(known, 'known finding')} of the baseline", ""
    yield from _suppressed(run)


def _traced(run: dict[str, Any]) -> Iterator[tuple[str, str]]:
    new = [each for each in run["findings"] if not each["known"] and each["severity"] != "info"]
    bad = any(each["severity"] == "error" for each in new)
    text = f"traced {counted(run['requests'], 'request')} in {counted(run['tests'], 'test')}"
    if not run["requests"]:
        yield f"{text}: nothing was looked at", "bad"
        yield (
            (
                "A request is one that a test client sends or a live server answers. A view that "
                "is called directly is none: trace it with the fixture query_guard.capture()."
            ),
            "",
        )
        return
    endpoints = counted(len(run["endpoints"]), "endpoint")
    found = counted(len(new), "finding") if new else "no finding"
    yield (
        f"{text}: {endpoints}, {found}",
        "bad" if bad else "head" if new else "good",
    )


def _endpoints(run: dict[str, Any], top: int) -> Iterator[tuple[str, str]]:
    rows = [
        (
            str(each["wasted"]),
            _range(each["queries"]["min"], each["queries"]["max"]),
            str(each["requests"]),
            endpoint_name(each),
        )
        for each in run["endpoints"][:top]
    ]
    if not rows:
        return
    widths = [
        max(len(name), *(len(row[column]) for row in rows)) for column, name in enumerate(_COLUMNS)
    ]
    heads = "  ".join(name.rjust(width) for name, width in zip(_COLUMNS, widths, strict=True))
    yield "", ""
    yield f"  {heads}  endpoint", "head"
    for *numbers, endpoint in rows:
        cells = "  ".join(
            number.rjust(width) for number, width in zip(numbers, widths, strict=True)
        )
        yield f"  {cells}  {endpoint}", ""
    more = len(run["endpoints"]) - len(rows)
    if more > 0:
        yield f"  and {counted(more, 'more endpoint')} (--query-guard-top=N)", ""


def _range(low: int, high: int) -> str:
    return str(high) if low == high else f"{low} to {high}"


def _causes(findings: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Findings that one edit mends, at whatever endpoint they were seen; the worst first."""
    causes: dict[str, list[dict[str, Any]]] = {}
    for finding in findings:
        same = finding["id"]
        if finding["location"] is not None:
            names = ("kind", "relation", "field_path", "location", "fix")
            same = repr([subject(finding), *(finding[name] for name in names)])
        causes.setdefault(same, []).append(finding)
    return list(causes.values())


def _cause(findings: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    worst = findings[0]
    style = "bad" if worst["severity"] == "error" else "head"
    endpoints = dict.fromkeys(map(endpoint_name, findings))
    tests = {test for each in findings for test in each["tests"]}
    yield headline(worst), style
    yield f"{_INDENT}in    {endpoint_name(worst)}{_more(len(endpoints), 'endpoint')}", ""
    yield f"{_INDENT}test  {safe(worst['tests'][0])}{_more(len(tests), 'test')}", ""
    if worst["field_path"]:
        yield f"{_INDENT}field {safe(worst['field_path'])}", ""
    if worst["location"] is not None:
        yield from _place("at", worst["location"])
    yield from _nested(worst)
    fix = worst["fix"]
    if fix is None:
        return
    gutter = f"{_INDENT}fix   "
    for line in fix["code"].splitlines():
        yield f"{gutter}{safe(line)}", "good"
        gutter = f"{_INDENT}      "
    if not fix["code"]:
        yield f"{gutter}{safe(fix['explain'])}", ""
    where = fix["where"]
    if where is not None and where != worst["location"]:
        if where["column"] is None:  # where it is built could not be followed
            yield f"{gutter}on the queryset that is evaluated there", ""
        yield from _place("there", where)


def _nested(finding: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The further places of a duplicate; of others, what the count is the sum of."""
    if finding["kind"] == "duplicate":
        for each in finding["nested"][:_MOST_NESTED]:
            if each["location"] is not None:
                yield from _place("and", each["location"])
    elif finding["nested"]:
        levels = list(walk(finding))
        parts = [f"{each['count']}x {_level(each)}" for each in levels[:_MOST_NESTED]]
        if len(levels) > _MOST_NESTED:
            parts.append(f"{len(levels) - _MOST_NESTED} more")
        yield f"{_INDENT}sum   {', '.join(parts)}", ""


def _level(part: dict[str, Any]) -> str:
    """The relation; without one the table and what is done to it."""
    if part["relation"]:
        return subject(part)
    return f"{safe(part['sql'].partition(' ')[0])} {subject(part)}"


def _more(number: int, noun: str) -> str:
    return f" and {counted(number - 1, f'more {noun}')}" if number > 1 else ""


def _place(word: str, place: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield (
        f"{_INDENT}{word:<6}{safe(place['file'])}:{place['line']} in {safe(place['function'])}",
        "",
    )
    source = linecache.getline(place["file"], place["line"]).strip()
    if source:
        yield f"{_INDENT}      {place['line']} | {safe(source)[:90]}", ""


def _suppressed(run: dict[str, Any]) -> Iterator[tuple[str, str]]:
    findings = sum(each["findings"] for each in run["suppressed"])
    stale = len(run["stale"])
    if not findings and not stale:
        return
    yield "", ""
    yield suppressed_text(run), "head"
    for each in run["suppressed"]:
        count = counted(each["findings"], "finding")
        yield (
            (f"  {safe(each['allowance'])}: {count}, {safe(each['reason'])}"),
            "",
        )
    for line in run["stale"]:
        yield f"  stale  {stale_line(line)}", "bad"


def suppressed_text(run: dict[str, Any]) -> str:
    """``"12 suppressed, 3 allowances stale"``."""
    findings = sum(each["findings"] for each in run["suppressed"])
    stale = len(run["stale"])
    text = f"{findings} suppressed"
    return f"{text}, {counted(stale, 'allowance')} stale" if stale else text
