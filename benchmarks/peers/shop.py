"""The shop's databases in memory, filled once and put back after each situation."""

from __future__ import annotations

import re
import sqlite3
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from collections.abc import Iterator

ALIASES = ("default", "other")


_VALUE = re.compile(r"'[^']*'|\b\d+\b|%s")
_LIST = re.compile(r"\(\?(?:, \?)*\)")
_TRANSACTION = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def folded(sql: str) -> str:
    """A statement without its values, and lists of them as one: what a loop sends alike."""
    return _LIST.sub("(?)", _VALUE.sub("?", sql))


def is_transaction(sql: str) -> bool:
    return sql.startswith(_TRANSACTION)


def fill() -> dict[str, sqlite3.Connection]:
    """Set Django up and give copies of the filled databases."""
    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from tests.conftest import fill as rows

    for alias in ALIASES:
        call_command("migrate", run_syncdb=True, verbosity=0, database=alias)
    rows()
    copies = {}
    for alias in ALIASES:
        connections[alias].ensure_connection()
        copies[alias] = sqlite3.connect(":memory:", check_same_thread=False)
        connections[alias].connection.backup(copies[alias])
    return copies


@contextmanager
def as_filled(copies: dict[str, sqlite3.Connection]) -> Iterator[None]:
    """What is written within is gone afterwards; no transaction is open meanwhile."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connections

    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        for alias, copy in copies.items():
            connection = connections[alias]
            if connection.in_atomic_block:
                sys.exit("A situation left its transaction open.")
            copy.backup(connection.connection)
