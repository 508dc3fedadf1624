"""A database for one benchmark: a file of SQLite, or one of its own on a PostgreSQL server."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql


@contextlib.contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    """Its URL; it goes with the folder."""
    yield f"sqlite:///{folder / 'load.sqlite3'}"


@contextlib.contextmanager
def postgresql(url: str) -> Iterator[str]:
    """The URL of a new database on the server of ``url``; it is dropped at the end.

    Raises ``ValueError`` that says why where the server does not answer or is not this machine's.
    """
    parts = urlsplit(url)
    if parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise ValueError(f"{parts.hostname}: only a server on this machine is put under load")
    name = f"guard_load_{secrets.token_hex(4)}"
    try:
        admin = psycopg.connect(url, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise ValueError(f"PostgreSQL does not answer: {error}") from None
    with admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield parts._replace(path=f"/{name}").geturl()
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            admin.execute(drop)


def through(url: str, port: int) -> str:
    """The same database by another port of 127.0.0.1."""
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}{at}127.0.0.1:{port}").geturl()


def server_of(url: str) -> str:
    """Its version, as the report says it."""
    if not url.startswith("postgres"):
        import sqlite3

        return f"SQLite {sqlite3.sqlite_version}"
    with psycopg.connect(url, connect_timeout=5) as connection:
        version = connection.info.server_version
    return f"PostgreSQL {version // 10_000}.{version % 10_000}"
