"""The store: a SQLite file of the last requests, shared by all processes of a server.

Bounded by records and by bytes: what is oldest goes.  Any process may read and write at any time
(write-ahead log, one short transaction a batch); each reader has a connection of its own, for one
page.  Writing is ``writer``'s business, so that no request ever waits for it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nplusone_guard.dashboard.filters import Filters
from nplusone_guard.dashboard.place import made, trusted
from nplusone_guard.dashboard.record import unpacked
from nplusone_guard.dashboard.schema import (
    APPLICATION_ID,
    COLUMNS,
    VERSION,
    pragma,
    prepare,
    transaction,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nplusone_guard.dashboard.record import Record

#: Seconds that a writer waits for another one, and a reader for a writer.
WRITE_TIMEOUT, READ_TIMEOUT = 5.0, 1.0
_RECORDS_AT_ONCE = 50


class StoreError(Exception):
    """The store can not be used; the message says which file and why."""


class Row(NamedTuple):
    """A request in a list.  ``seq`` grows with each record: a cursor for what comes after it."""

    seq: int
    id: str
    at: float
    method: str
    path: str
    route: str | None
    status: int | None
    queries: int
    duplicates: int
    rows: int
    db_ms: float
    wall_ms: float
    findings: int
    wasted: int
    severity: str
    kinds: tuple[str, ...]
    violations: int
    size: int


class Stored(NamedTuple):
    """A request with all that is known of it; ``payload`` as :class:`~.record.Record` says."""

    row: Row
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Totals:
    """``records`` and ``bytes`` held now, ``added`` ever, ``dropped`` instead."""

    records: int = 0
    bytes: int = 0
    added: int = 0
    dropped: int = 0


class Store:
    """The requests in a file; nothing is opened before it is needed.

    Reading a file that is not there finds nothing.  Raises :class:`StoreError` where the file
    can not be used.
    """

    def __init__(self, path: str | Path, max_records: int, max_bytes: int) -> None:
        self.path = Path(path)
        self.max_records = max_records
        self.max_bytes = max_bytes

    # -- writing ---------------------------------------------------------------------------

    def open(self) -> sqlite3.Connection:
        """A connection that writes: the file is made, and its tables, where they are missing."""
        with self._translated():
            made(self.path)
            connection = self._connect(WRITE_TIMEOUT)
            try:
                prepare(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def add(self, records: Sequence[Record]) -> None:
        """Store records, oldest first, and let the oldest ones go."""
        with closing(self.open()) as connection:
            self.write(connection, records)

    def write(
        self,
        connection: sqlite3.Connection,
        records: Sequence[Record],
        dropped: tuple[str, int] | None = None,
    ) -> None:
        """:meth:`add` on an open connection; ``dropped``: so many by the process of this name."""
        with self._translated(), transaction(connection):
            for record in records:
                _insert(connection, record)
            if dropped is not None:
                connection.execute(
                    "INSERT INTO dropped VALUES (?, ?) "
                    "ON CONFLICT (process) DO UPDATE SET records = excluded.records",
                    dropped,
                )
            self._shrink(connection)

    def clear(self) -> int:
        """Forget all requests; how many there were."""
        if not self.path.exists():
            return 0
        with closing(self.open()) as connection, self._translated():
            with transaction(connection):
                records: int = connection.execute("SELECT records FROM total").fetchone()[0]
                connection.execute("DELETE FROM request")
                connection.execute("DELETE FROM dropped")
            with suppress(sqlite3.OperationalError):  # others write; the room is used again
                connection.execute("VACUUM")
        return records

    def _shrink(self, connection: sqlite3.Connection) -> None:
        records, held = connection.execute("SELECT records, bytes FROM total").fetchone()
        while records > self.max_records or held > self.max_bytes:
            oldest = connection.execute(
                "SELECT seq, size FROM request ORDER BY seq LIMIT ?",
                (max(records - self.max_records, _RECORDS_AT_ONCE),),
            ).fetchall()
            last = None
            for seq, size in oldest:
                if records <= self.max_records and held <= self.max_bytes:
                    break
                last, records, held = seq, records - 1, held - size
            if last is None:
                return
            connection.execute("DELETE FROM request WHERE seq <= ?", (last,))

    # -- reading ---------------------------------------------------------------------------

    def list(
        self,
        filters: Filters | None = None,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Row]:
        """Requests, the last one first; ``after`` and ``before`` a ``seq``, both left out."""
        conditions, values = (filters or Filters()).conditions()
        for sign, bound in ((">", after), ("<", before)):
            if bound is not None:
                conditions.append(f"seq {sign} ?")
                values.append(bound)
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        return [
            _row(found)
            for found in self._read(
                f"SELECT {', '.join(COLUMNS)} FROM request {where} "  # noqa: S608  ours
                "ORDER BY seq DESC LIMIT ?",
                (*values, limit),
            )
        ]

    def get(self, name: str) -> Stored | None:
        """The request of this id, or ``None`` where it is not, or no longer, held."""
        found = self._read(
            f"SELECT {', '.join(COLUMNS)}, payload FROM request JOIN detail USING (seq) "  # noqa: S608
            "WHERE id = ?",
            (name,),
        )
        if not found:
            return None
        *columns, payload = found[0]
        try:
            return Stored(_row(columns), unpacked(payload))
        except ValueError as error:
            raise StoreError(f"{self.path}: request {name}: {error}.") from error

    def endpoints(self) -> Sequence[tuple[str, str | None, int, int, float]]:
        """All requests in their order, as (method, route, queries, findings, milliseconds)."""
        return self._read(
            "SELECT method, route, queries, findings, wall_ms FROM request ORDER BY seq"
        )

    def totals(self) -> Totals:
        """How much is held, and was ever."""
        found = self._read(
            "SELECT records, bytes, "
            "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'request'), 0), "
            "coalesce((SELECT sum(records) FROM dropped), 0) FROM total"
        )
        return Totals(*found[0]) if found else Totals()

    def _read(self, sql: str, values: Sequence[Any] = ()) -> Sequence[Any]:
        if not self.path.exists():
            return []
        with self._translated():
            trusted(self.path)
        with self._translated(), closing(self._connect(READ_TIMEOUT)) as connection:
            if not pragma(connection, "schema_version"):
                return []  # another process is about to make it
            if pragma(connection, "application_id") != APPLICATION_ID:
                raise StoreError(f"{self.path} is no store of the guard's.")
            if pragma(connection, "user_version") != VERSION:
                return []  # the next record makes it anew
            connection.execute("PRAGMA query_only = ON")
            return connection.execute(sql, values).fetchall()

    # -- both ------------------------------------------------------------------------------

    def _connect(self, timeout: float) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=timeout,
            isolation_level=None,
            check_same_thread=False,
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, ValueError) as error:
            raise StoreError(f"{self.path}: {error}.") from error


def _insert(connection: sqlite3.Connection, record: Record) -> None:
    values = [getattr(record, name) for name in COLUMNS[1:] if name != "kinds"]
    values.insert(COLUMNS.index("kinds") - 1, " ".join(("", *record.kinds, "")))
    cursor = connection.execute(
        f"INSERT INTO request ({', '.join(COLUMNS[1:])}) "  # noqa: S608  names of ours
        f"VALUES ({', '.join('?' * len(values))})",
        values,
    )
    connection.execute("INSERT INTO detail VALUES (?, ?)", (cursor.lastrowid, record.payload))


def _row(columns: Sequence[Any]) -> Row:
    values = dict(zip(COLUMNS, columns, strict=True))
    return Row(**{**values, "kinds": tuple(values["kinds"].split())})
