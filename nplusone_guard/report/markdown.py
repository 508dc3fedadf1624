"""A run as Markdown: the summary of a CI job, or a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nplusone_guard.report.escape import code, fenced, prose
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

if TYPE_CHECKING:
    from collections.abc import Iterator

#: GitHub refuses a summary above 1 MiB; what follows the findings needs some of it.
_MOST_BYTES = 900_000
_MOST_ENDPOINTS = 200
_MOST_LINES = 50
_MOST_LEVELS = 10


def render(run: dict[str, Any]) -> str:
    """Endpoints by the queries that fixes save, then each finding; less than 1 MiB."""
    blocks = [f"## Queries\n\n{_summary(run)}"]
    if run["endpoints"]:
        blocks.append(_table(run))
    size = sum(len(block.encode()) for block in blocks)
    left = len(run["findings"])
    for finding in run["findings"]:
        block = "\n\n".join(_finding(finding))
        size += len(block.encode()) + 2
        if size > _MOST_BYTES:
            blocks.append(f"And {counted(left, 'more finding')}.")
            break
        blocks.append(block)
        left -= 1
    blocks += _allowed(run)
    return "\n\n".join(blocks) + "\n"


def _summary(run: dict[str, Any]) -> str:
    if not run["requests"]:
        return "Traced 0 requests: nothing was looked at."
    traced = f"Traced {counted(run['requests'], 'request')} of {counted(run['tests'], 'test')}: "
    found, known = len(run["findings"]), sum(finding["known"] for finding in run["findings"])
    if not found:
        return f"{traced}nothing found."
    said = f"{traced}**{counted(found, 'finding')}**"
    return f"{said}, {known} of them in the baseline." if known else f"{said}."


def _table(run: dict[str, Any]) -> str:
    found: dict[tuple[Any, Any], int] = {}
    for finding in run["findings"]:
        found[_key(finding)] = found.get(_key(finding), 0) + 1
    lines = [
        "| endpoint | requests | queries | wasted | findings |",
        "|---|--:|--:|--:|--:|",
    ]
    for endpoint in run["endpoints"][:_MOST_ENDPOINTS]:
        few, most = endpoint["queries"]["min"], endpoint["queries"]["max"]
        queries = f"{few:,}" if few == most else f"{few:,} to {most:,}"
        cells = (
            code(endpoint_name(endpoint)),
            f"{endpoint['requests']:,}",
            queries,
            f"{endpoint['wasted']:,}",
            str(found.get(_key(endpoint), 0)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    more = len(run["endpoints"]) - _MOST_ENDPOINTS
    if more > 0:
        lines += ["", f"And {counted(more, 'more endpoint')}."]
    return "\n".join(lines)


def _key(part: dict[str, Any]) -> tuple[Any, Any]:
    return part["method"] or None, part["route"] or None


def _finding(finding: dict[str, Any]) -> Iterator[str]:
    known = ", in the baseline" if finding["known"] else ""
    title = WORDINGS[finding["kind"]].title
    yield f"### {title} {total(finding):,}x {code(subject(finding))}{known}"
    yield "\n".join(_facts(finding))
    fix = finding["fix"]
    if fix is not None:
        if fix["code"]:
            yield fenced(fix["code"], "python")
        where = place_name(fix["where"])
        there = where is not None and fix["where"] != finding["location"]
        yield f"Fix: {prose(fix['explain'])}" + (f" There: {code(where or '')}" if there else "")
    sql = fenced(finding["sql"], "sql")
    yield f"<details><summary>SQL</summary>\n\n{sql}\n\n</details>"


def _facts(finding: dict[str, Any]) -> Iterator[str]:
    saves = f", a fix saves {counted(finding['wasted'], 'query')}" if finding["wasted"] else ""
    yield (
        f"- {finding['severity']} in {code(endpoint_name(finding))}, {total_ms(finding):.1f} ms"
        f"{saves}; seen in {seen(finding)}"
    )
    if finding["field_path"]:
        yield f"- field {code(finding['field_path'])}"
    place = place_name(finding["location"])
    if finding["location"] is None or place is None:
        yield "- at a place unknown: no code of the project led here"
    else:
        function = code(finding["location"]["function"])
        yield f"- at {code(place)}" + (f" in {function}" if function else "")
    levels = list(walk(finding))
    if len(levels) > 1:
        for each in levels[:_MOST_LEVELS]:
            field = "" if each is finding else code(each["field_path"] or "")
            yield f"  - {each['count']:,}x {code(subject(each))} {field}".rstrip()
        if len(levels) > _MOST_LEVELS:
            yield f"  - and {len(levels) - _MOST_LEVELS:,} more"


def _allowed(run: dict[str, Any]) -> Iterator[str]:
    if run["suppressed"]:
        lines = [
            f"- {prose(each['allowance'])}: {counted(each['findings'], 'finding')} in "
            f"{counted(each['times'], 'request')}: {prose(each['reason'])}"
            for each in run["suppressed"]
        ]
        yield f"### Suppressed\n\n{_first(lines)}"
    if run["stale"]:
        yield f"### Stale\n\n{_first([f'- {prose(stale_line(line))}' for line in run['stale']])}"


def _first(lines: list[str]) -> str:
    more = len(lines) - _MOST_LINES
    return "\n".join([*lines[:_MOST_LINES], *([f"- and {more:,} more"] if more > 0 else [])])
