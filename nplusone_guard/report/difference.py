"""The difference of two runs as Markdown: a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nplusone_guard.report.escape import code, prose
from nplusone_guard.report.words import (
    WORDINGS,
    endpoint_name,
    place_name,
    subject,
    total,
)

if TYPE_CHECKING:
    from nplusone_guard.suite.diff import Change, Difference

#: GitHub refuses a comment of more than 65,536 characters.
_MOST_CHARACTERS = 60_000
_MOST_LINES = 50
_MOST_NAME = 200


def render(changes: Difference) -> str:
    """What is new first, then what is worse, better and gone; less than a comment may have."""
    blocks = ["## Queries, compared", _summary(changes)]
    sections: tuple[tuple[str, list[str]], ...] = (
        ("New", [_found(finding) for finding in changes.new]),
        ("Worse", [_changed(change) for change in changes.worse]),
        ("In the baseline, new or worse", [_named(finding) for finding in changes.accepted]),
        ("Better", [_changed(change) for change in changes.better]),
        ("Gone", [_named(finding) for finding in changes.gone]),
        (
            "Not looked at: the endpoint was not requested",
            [_named(finding) for finding in changes.unvisited],
        ),
    )
    room = _MOST_CHARACTERS - sum(map(len, blocks))
    for title, lines in sections:
        if lines:
            block, room = _section(title, lines, room)
            blocks.append(block)
    moved = [*changes.rose, *changes.fell]
    if moved:
        rows = [_row(change) for change in moved]
        head = "| endpoint | queries before | after |\n|---|--:|--:|"
        block, room = _section("Endpoints, by their worst request", rows, room, head)
        blocks.append(block)
    return "\n\n".join(blocks) + "\n"


def _summary(changes: Difference) -> str:
    numbers = {
        "new": len(changes.new),
        "worse": len(changes.worse),
        "better": len(changes.better),
        "gone": len(changes.gone),
    }
    said = [f"{number:,} {name}" for name, number in numbers.items() if number]
    if not said:
        return "No finding is new or worse, none better or gone."
    return f"Findings: {', '.join(said)}."


def _section(title: str, lines: list[str], room: int, head: str = "") -> tuple[str, int]:
    """The lines that there is room for, and the room that they leave."""
    shown: list[str] = []
    for line in lines[:_MOST_LINES]:
        room -= len(line) + 1
        if room < 0:
            break
        shown.append(line)
    more = len(lines) - len(shown)
    body = "\n".join([*([head] if head else []), *shown])
    if more:
        body = f"{body}\n\nAnd {more:,} more." if body else f"{more:,} of them."
    return f"### {title}\n\n{body}", max(room, 0)


def _named(finding: dict[str, Any]) -> str:
    place = place_name(finding["location"])
    at = f" at {_short(place)}" if place else ""
    title = f"{WORDINGS[finding['kind']].title} {total(finding):,}x"
    return f"- **{title}** {_short(subject(finding))} in {_short(endpoint_name(finding))}{at}"


def _found(finding: dict[str, Any]) -> str:
    fix = finding["fix"]
    if fix is None:
        return _named(finding)
    where = place_name(fix["where"]) if fix["where"] != finding["location"] else None
    there = f" at {_short(where)}" if where else ""
    first = " ".join(fix["code"].split())
    advised = f"add {_short(first)}{there}" if first else prose(fix["explain"], 300)
    return f"{_named(finding)}; fix: {advised}"


def _changed(change: Change) -> str:
    counts = f": {total(change.base):,}x before, {total(change.head):,}x now"
    before, after = change.base["severity"], change.head["severity"]
    severity = f", {before} before, {after} now" if before != after else ""
    return f"{_named(change.head)}{counts}{severity}"


def _row(change: Change) -> str:
    before, after = change.base["queries"]["max"], change.head["queries"]["max"]
    return f"| {_short(endpoint_name(change.head))} | {before:,} | {after:,} |"


def _short(text: str) -> str:
    return code(text, _MOST_NAME)
