"""The tables of the store, and how a file comes to have them."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

#: "N+1g": a file that says so is ours.
APPLICATION_ID = 0x4E2B3167
#: A file of another version is made anew: it holds nothing that a request does not bring again.
VERSION = 1

#: ``request`` is what lists read, ``detail`` what one page reads: the lists stay small.
TABLES = """
CREATE TABLE request (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  at REAL NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  route TEXT,
  status INTEGER,
  queries INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  db_ms REAL NOT NULL,
  wall_ms REAL NOT NULL,
  findings INTEGER NOT NULL,
  wasted INTEGER NOT NULL,
  severity TEXT NOT NULL,
  kinds TEXT NOT NULL,
  violations INTEGER NOT NULL,
  size INTEGER NOT NULL
);
CREATE INDEX request_endpoint ON request (route, method, seq);
CREATE TABLE detail (
  seq INTEGER PRIMARY KEY REFERENCES request (seq),
  payload BLOB NOT NULL
);
CREATE TABLE total (
  records INTEGER NOT NULL,
  bytes INTEGER NOT NULL
);
INSERT INTO total VALUES (0, 0);
CREATE TABLE dropped (
  process TEXT PRIMARY KEY,
  records INTEGER NOT NULL
);
CREATE TRIGGER request_added AFTER INSERT ON request BEGIN
  UPDATE total SET records = records + 1, bytes = bytes + new.size;
END;
CREATE TRIGGER request_gone AFTER DELETE ON request BEGIN
  DELETE FROM detail WHERE seq = old.seq;
  UPDATE total SET records = records - 1, bytes = bytes - old.size;
END;
"""

#: The columns of a row in lists, in the order of ``Row``.
COLUMNS = (
    "seq",
    "id",
    "at",
    "method",
    "path",
    "route",
    "status",
    "queries",
    "duplicates",
    "rows",
    "db_ms",
    "wall_ms",
    "findings",
    "wasted",
    "severity",
    "kinds",
    "violations",
    "size",
)

_ATTEMPTS = 20


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables, where they are missing or of another version."""
    _is_current(connection)  # else nothing of it is changed
    # Writers and readers do not wait for each other; where a file system can't, they do.
    _repeated(connection, "PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA journal_size_limit = 8388608")
    if _is_current(connection):
        return
    with transaction(connection):
        if _is_current(connection):  # another process was first
            return
        for kind, name in connection.execute(
            "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view') "
            "AND name NOT LIKE 'sqlite_%'"
        ).fetchall():
            connection.execute(f'DROP {kind} "{name}"')  # of an older version: ours
        _script(connection, TABLES)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _is_current(connection: sqlite3.Connection) -> bool:
    """Whether the tables are ours and of this version; raises where they are somebody else's.

    In this order: whoever makes the tables says in the same transaction whose they are.
    """
    if not pragma(connection, "schema_version"):
        return False
    if pragma(connection, "application_id") != APPLICATION_ID:
        raise sqlite3.DatabaseError("it is another application's database")
    return bool(pragma(connection, "user_version") == VERSION)


def _script(connection: sqlite3.Connection, script: str) -> None:
    """Run statements one by one: ``executescript`` would end the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def _repeated(connection: sqlite3.Connection, statement: str) -> None:
    """Again, while others make the same file: SQLite does not wait for this one."""
    for attempt in range(_ATTEMPTS):
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.05)
        else:
            return


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that writes, from its begin on."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def pragma(connection: sqlite3.Connection, name: str) -> Any:
    """The value of one of SQLite's pragmas."""
    return connection.execute(f"PRAGMA {name}").fetchone()[0]
