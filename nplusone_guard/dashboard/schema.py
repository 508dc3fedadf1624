"""The tables of the store."""

from __future__ import annotations

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
