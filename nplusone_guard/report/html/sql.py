"""Statements laid out for reading, as far as that is worth its time."""

from __future__ import annotations

import sqlparse
from sqlparse.exceptions import SQLParseError

from nplusone_guard.report.text import safe

#: The parser takes some milliseconds for such a statement, and more than its length's share above.
_MOST_LAID_OUT = 2_000
_MOST_STATEMENTS = 400
_MOST_SHOWN = 6_000


class Statements:
    """The statements of one page, each laid out once."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def shown(self, sql: str) -> str:
        """In lines with indents; as it is where it is long, or many were laid out already."""
        if sql not in self._known:
            if len(self._known) >= _MOST_STATEMENTS:
                return _cut(sql)
            self._known[sql] = _laid_out(sql) if len(sql) <= _MOST_LAID_OUT else _cut(sql)
        return self._known[sql]


def _laid_out(sql: str) -> str:
    try:
        text = sqlparse.format(sql, reindent=True, wrap_after=72)
    except SQLParseError:
        text = sql
    return "\n".join(safe(line) for line in text.split("\n"))


def _cut(sql: str) -> str:
    return safe(sql if len(sql) <= _MOST_SHOWN else f"{sql[: _MOST_SHOWN - 1]}…")
