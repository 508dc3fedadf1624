"""A statement's plan, asked on a click, without a value of any request: none is stored.

SQLite and PostgreSQL plan a statement whose placeholders have no values; MySQL and MariaDB are
given sample values.  A connection of its own, a transaction that only reads, nothing is run.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connections
from sqlparse import tokens as T  # noqa: N812  the name its own code uses

from nplusone_guard.dashboard.source import tokens
from nplusone_guard.report.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SECONDS = 5
_LONGEST = 20_000
_MOST_LINES = 200
#: In MySQL a text that reads as a date compares with numbers, texts and dates alike.
_SAMPLE = "'2000-01-01'"
#: What folding leaves out of a statement's text: with it, the text is no shape.
_STRANGE = re.compile(r"[;\\\x00]|--|/\*|\$\w*\$")


class Plan(NamedTuple):
    """What the database said, line by line, and on what terms."""

    lines: list[str]
    note: str


class NoPlanError(Exception):
    """Why there is no plan, as a sentence."""


def refusal(sql: str) -> str | None:
    """Why this statement is not asked about, or ``None`` where it may be."""
    if len(sql) > _LONGEST:
        return "The statement is too long to be asked about."
    first = next((value.upper() for _, value in tokens(sql) if value.strip(" (")), "")
    if first != "SELECT":
        return "Only a SELECT is asked about."
    for token, value in tokens(sql):
        if token in T.Name or token in T.String.Symbol:
            if ";" in value:
                return "The statement has a name that is not asked about."
        elif token in T.Comment or token in T.String or _STRANGE.search(value):
            return "The statement is not in the form that the guard stores."
        elif token in T.Keyword and value.upper() in {"INTO", "UPDATE", "SHARE"}:
            return "A SELECT that writes or locks is not asked about."
    return None


def plan(sql: str, database: str) -> Plan:
    """The plan of a shape's text.  Raises :class:`NoPlanError` with the reason."""
    reason = refusal(sql)
    if reason is not None:
        raise NoPlanError(reason)
    if database not in connections.settings:
        raise NoPlanError(f"There is no database {safe(database)!r} any more.")
    vendor = connections[database].vendor
    ask = _VENDORS.get(vendor)
    if ask is None:
        raise NoPlanError(f"The guard does not know how to ask {safe(vendor)} for a plan.")
    try:
        with _cursor_aside(database) as cursor:
            found = ask(cursor, sql)
    except Exception as error:
        said = str(error).strip().split("\n", 1)[0]
        raise NoPlanError(
            f"The database can not plan it without its values: {safe(said)}"
        ) from error
    lines = [safe(line) for line in found.lines]
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"and {len(lines) - _MOST_LINES:,} more"]
    return Plan(lines, found.note)


@contextmanager
def _cursor_aside(database: str) -> Iterator[Any]:
    """A cursor of a new connection: the request's own, its transaction and settings, stay."""
    connection = connections[database].copy()
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        raw = connection.connection
        connection.close()
        if connection.vendor == "sqlite" and raw is not None:
            raw.close()  # Django itself never closes a database in memory


def _on_sqlite(cursor: Any, sql: str) -> Plan:
    cursor.execute("PRAGMA query_only = ON")
    text, count = _filled(sql, lambda _: "%s")
    cursor.execute(f"EXPLAIN QUERY PLAN {text}", [None] * count)
    depths = {0: -1}
    lines = []
    for number, parent, _, line in cursor.fetchall():
        depths[number] = depths.get(parent, -1) + 1
        lines.append(f"{'  ' * depths[number]}{line}")
    return Plan(lines, "Planned without values; SQLite's plan does not depend on them.")


def _on_postgresql(cursor: Any, sql: str) -> Plan:
    text, count = _filled(sql, lambda number: f"${number}")
    cursor.execute("BEGIN READ ONLY")
    try:
        cursor.execute(f"SET LOCAL statement_timeout = {_SECONDS * 1_000}")
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE nplusone_guard_plan AS {text}")
        try:
            values = f"({', '.join(['NULL'] * count)})" if count else ""
            cursor.execute(f"EXPLAIN EXECUTE nplusone_guard_plan{values}")
            lines = [str(row[0]) for row in cursor.fetchall()]
        finally:
            cursor.execute("ROLLBACK")
            cursor.execute("DEALLOCATE nplusone_guard_plan")
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
    return Plan(lines, "PostgreSQL's generic plan: the one for any values.")


def _on_mysql(cursor: Any, sql: str) -> Plan:
    text, _ = _filled(re.sub(r"\b(LIMIT|OFFSET) \?", r"\1 1", sql), lambda _: _SAMPLE)
    cursor.execute("START TRANSACTION READ ONLY")
    try:
        cursor.execute(f"EXPLAIN {text}")
        names = [column[0] for column in cursor.description]
        lines = [_told(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
    finally:
        cursor.execute("ROLLBACK")
    if any("const tables" in line for line in lines):
        return Plan(
            lines, "It looks a row up by its key, and no row has the sample's: nothing to plan."
        )
    return Plan(lines, f"Planned with {_SAMPLE} for each value; other values may get another plan.")


def _told(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items() if value is not None)


def _filled(sql: str, fill: Callable[[int], str]) -> tuple[str, int]:
    """The text with something in the place of each placeholder, and how many there are."""
    count = 0
    parts = []
    for token, value in tokens(sql):
        if token in T.Name.Placeholder:
            count += 1
            parts.append(fill(count))
        else:
            parts.append(value)
    return "".join(parts), count


_VENDORS: dict[str, Callable[[Any, str], Plan]] = {
    "sqlite": _on_sqlite,
    "postgresql": _on_postgresql,
    "mysql": _on_mysql,
}
