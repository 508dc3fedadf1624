"""The plan of a slow SELECT, asked of the database at once: its parameters are gone a query later.

Only where ``NPLUSONE_GUARD["EXPLAIN"]`` asks for it: the one query that the guard ever runs.  It
goes past the connection's wrappers and log.  Values in a plan are folded before it is kept.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from nplusone_guard.shape import as_text
from nplusone_guard.trace import Scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

logger = logging.getLogger("nplusone_guard")

_SELECT = re.compile(r"\s*\(*\s*SELECT\b", re.IGNORECASE)
_PREFIXES = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN ", "mysql": "EXPLAIN "}

_SQLITE_SCAN = re.compile(r"^SCAN (?:TABLE )?(?P<table>\w+)(?! USING)")
_POSTGRESQL_SCAN = re.compile(r"Seq Scan on (?P<table>\w+)")
_POSTGRESQL_FILTER = re.compile(r"^\s*Filter: (?P<condition>.*)$")
_VALUE = re.compile(r"'(?:[^']|'')*'(?:::[\w \[\]]+)?|(?<![\w\"])-?\d[\w.]*")
_COMPARED = re.compile(
    r"\(*(?:\w+\.)?\"?(?P<column>[a-z_]\w*)\"?\)*(?:::\w+)? (?:=|<>|<|>|<=|>=|~~) "
)


def plan_of(connection: Any, sql: Any, params: Any) -> tuple[Scan, ...] | None:
    """The tables that a SELECT scans in full, with the columns it filters them by.

    ``None`` where the database does not say.
    """
    try:
        return _full_scans(connection, sql, params)
    except Exception:
        logger.debug("The guard could not ask for the plan of a slow query.", exc_info=True)
        return None


def _full_scans(connection: Any, sql: Any, params: Any) -> tuple[Scan, ...] | None:
    vendor = getattr(connection, "vendor", None)
    prefix = _PREFIXES.get(str(vendor))
    text = as_text(sql)
    if prefix is None or not _SELECT.match(text):
        return None
    cursor = connection.create_cursor()
    try:
        cursor.execute(prefix + text, params)
        rows = cursor.fetchall()
        columns = [each[0] for each in cursor.description or ()]
    finally:
        cursor.close()
    if vendor == "sqlite":
        return tuple(_in_sqlite(rows, text))
    if vendor == "postgresql":
        return tuple(_in_postgresql(str(row[0]) for row in rows))
    return tuple(_in_mysql(rows, columns, text))


def _in_sqlite(rows: Iterable[Sequence[Any]], sql: str) -> Iterable[Scan]:
    for row in rows:
        found = _SQLITE_SCAN.match(str(row[-1]))
        if found is not None:
            yield Scan(found["table"], _filtered(sql, found["table"]))


def _in_postgresql(lines: Iterable[str]) -> Iterable[Scan]:
    table: str | None = None
    for line in lines:
        found = _POSTGRESQL_SCAN.search(line)
        if found is not None:
            table = found["table"]
            continue
        condition = _POSTGRESQL_FILTER.match(line)
        if condition is not None and table is not None:
            folded = _VALUE.sub("?", condition["condition"])
            names = [match["column"] for match in _COMPARED.finditer(folded)]
            yield Scan(table, tuple(dict.fromkeys(names)))
        table = None


def _in_mysql(rows: Iterable[Sequence[Any]], columns: list[str], sql: str) -> Iterable[Scan]:
    for row in rows:
        plan = dict(zip(columns, row, strict=False))
        if plan.get("type") == "ALL" and plan.get("table"):
            table = str(plan["table"])
            yield Scan(table, _filtered(sql, table))


def _filtered(sql: str, table: str) -> tuple[str, ...]:
    """The columns of a table that the WHERE of Django's SQL compares with a value."""
    _, where, condition = sql.partition(" WHERE ")
    if not where:
        return ()
    names = re.findall(
        rf"[\"`]?{re.escape(table)}[\"`]?\.[\"`](\w+)[\"`] (?:=|<>|<|>|<=|>=|LIKE|IN|BETWEEN) ",
        condition,
    )
    return tuple(dict.fromkeys(names))
