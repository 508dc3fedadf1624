"""What renderers of a run say of its findings, in words that all of them share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nplusone_guard.report.place import is_file_name, path_in_checkout
from nplusone_guard.report.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator


class Wording(NamedTuple):
    """A kind of finding: its name, what it is in a sentence, and what to do, in Markdown."""

    name: str
    title: str
    short: str
    help: str


WORDINGS = {
    "n_plus_one": Wording(
        "NPlusOne",
        "N+1",
        "Queries run once for each row of another query.",
        "A relation, a deferred column or another read runs in a loop: the request costs a query "
        "for each row, and gets slower with each row that is added.\n\n"
        "Load the rows with the query that the loop goes over: `select_related()` for a key, "
        "`prefetch_related()` for many rows, `annotate()` for a count.",
    ),
    "duplicate": Wording(
        "DuplicateQuery",
        "duplicate",
        "The same question is asked again, though nothing was written meanwhile.",
        "One statement runs several times with the same parameters, and no table that it reads "
        "was written to in between.\n\nRun it once and keep the result.",
    ),
    "write_loop": Wording(
        "WriteLoop",
        "write loop",
        "Rows are written one by one.",
        "`save()`, `create()`, `update()` or `delete()` runs in a loop.\n\n"
        "Write the rows together: `bulk_create()`, `bulk_update()`, or one `update()` of a "
        "queryset. Mind that these send no signals.",
    ),
    "slow": Wording(
        "SlowQuery",
        "slow",
        "One execution of a statement took long.",
        "A statement took as long as `SLOW_QUERY_MS` or longer, its fetch included.\n\n"
        "Look at its plan; often an index is missing.",
    ),
    "unbounded": Wording(
        "UnboundedQuery",
        "unbounded",
        "A statement without a limit gave many rows.",
        "A `SELECT` without `LIMIT` gave more rows than `UNBOUNDED_ROWS`.\n\nPaginate it.",
    ),
    "unused_eager": Wording(
        "UnusedEagerLoad",
        "unused eager load",
        "Rows are loaded along that nobody reads.",
        "A `select_related()` or `prefetch_related()` loads rows that the request never reads."
        "\n\nTake it away.",
    ),
    "overfetch": Wording(
        "UnusedColumns",
        "overfetch",
        "Columns are loaded that nobody reads.",
        "A query loads columns that the request never reads.\n\nName the columns with `only()`.",
    ),
}


def walk(finding: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The finding and all that is nested in it, outermost first."""
    yield finding
    for each in finding["nested"]:
        yield from walk(each)


def total(finding: dict[str, Any]) -> int:
    """Executions that it and all nested ones stand for."""
    return int(sum(each["count"] for each in walk(finding)))


def total_ms(finding: dict[str, Any]) -> float:
    """Milliseconds that it and all nested ones took."""
    return float(sum(each["db_ms"] for each in walk(finding)))


#: The first table of a shape: its keywords are capitals, and spaces are single.
_TABLE = re.compile(
    r"""\b(?:FROM|INTO|UPDATE) ((?:(?:"[^"]*"|`[^`]*`|\w+)\.)*)("[^"]*"|`[^`]*`|\w+)"""
)


def subject(part: dict[str, Any]) -> str:
    """What a finding or a group is about: the relation, else the table."""
    if part["relation"]:
        return safe(part["relation"])
    table = _TABLE.search(part["sql"])
    return safe(table[2].strip('"`')) if table else "raw SQL"


def title(kind: str) -> str:
    """A kind in a word or two; one that has no wording, such as a later version's, is its own."""
    return WORDINGS[kind].title if kind in WORDINGS else safe(kind.replace("_", " "))


def headline(finding: dict[str, Any]) -> str:
    """``N+1 75x shop.Order.customer``."""
    return f"{title(finding['kind'])} {total(finding)}x {subject(finding)}"


def endpoint_name(part: dict[str, Any]) -> str:
    """``GET api/orders/`` of an endpoint or a finding."""
    route = "(no route)" if part["route"] is None else part["route"] or "/"
    return safe(f"{part['method']} {route}" if part["method"] else route)


def place_name(location: dict[str, Any] | None) -> str | None:
    """``orders/views.py:5``."""
    if location is None:
        return None
    return f"{safe(path_in_checkout(location['file']))}:{location['line']}"


def nearest_place(finding: dict[str, Any]) -> dict[str, Any] | None:
    """A place in a file: its own, else the nearest that is known, else a test's that showed it."""
    fix = finding["fix"] or {"where": None}
    for place in (finding["location"], finding["origin"], fix["where"]):
        if place is not None and is_file_name(place["file"]):
            found: dict[str, Any] = place
            return found
    file, _, name = finding["tests"][0].partition("::")
    if not name or not is_file_name(file):
        return None
    bounds = dict.fromkeys(("end_line", "column", "end_column"))
    return {"file": file, "line": 1, "function": name, **bounds}


def stale_line(line: str) -> str:
    """An allowance that is stale, its place relative to the current directory."""
    return safe(line.replace(f"{Path.cwd().as_posix()}/", ""))


def counted(number: int, noun: str) -> str:
    """``1 query``, ``2 queries``."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("y") else f"{number:,} {noun}s"


def seen(finding: dict[str, Any]) -> str:
    """How many requests and tests showed it."""
    tests = counted(len(finding["tests"]), "test")
    return f"{counted(finding['requests'], 'request')} of {tests}"


def advice(finding: dict[str, Any]) -> list[str]:
    """The fix in lines: code, explanation, place; empty where none is known."""
    fix = finding["fix"]
    if fix is None:
        return []
    lines = [safe(line) for line in fix["code"].splitlines()]
    where = place_name(fix["where"])
    lines.append(safe(fix["explain"]))
    if where is not None and fix["where"] != finding["location"]:
        lines.append(f"There: {where}.")
    return lines
