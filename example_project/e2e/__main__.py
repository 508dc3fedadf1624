"""Drive the API end to end over HTTP.

    python -m e2e                   each server and each database once
    python -m e2e uvicorn-sqlite    one way to run it

Each way gets a fresh database, migrated and seeded.  ``TEST_POSTGRES_URL`` and ``TEST_REDIS_URL``
say where servers are, if not on this machine; without them a way is skipped, or with
``REQUIRE_SERVICES=1`` fails.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from redis import Redis, RedisError

from e2e.journey import Journey
from e2e.server import environment, run, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

POSTGRES = os.environ.get("TEST_POSTGRES_URL") or "postgres://postgres@127.0.0.1:5432/"
LAST_LINES = 20
REDIS = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/0"


class Absent(Exception):
    """A server that a way needs is not there."""


@contextlib.contextmanager
def sqlite(folder: Path) -> Iterator[dict[str, str]]:
    """One process: its memory counts for the throttles."""
    yield {"DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}"}


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[dict[str, str]]:
    """Throttles count in Redis: for all processes of gunicorn, of which there are two, together."""
    name = f"orders_e2e_{secrets.token_hex(4)}"
    base, _, options = POSTGRES.partition("?")
    server = "/".join(base.split("/")[:3])
    try:
        Redis.from_url(REDIS, socket_connect_timeout=2).ping()
        admin = psycopg.connect(f"{server}/postgres?{options}", autocommit=True, connect_timeout=5)
    except (psycopg.OperationalError, RedisError) as error:
        raise Absent(f"{type(error).__module__.split('.')[0]}: {error}") from None
    with admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield {
                "DATABASE_URL": f"{server}/{name}?{options}",
                "CACHE_URL": f"{REDIS}?key_prefix={name}",
                "WEB_CONCURRENCY": "2",
            }
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            admin.execute(drop)


#: The server, and where its data is.
WAYS = {
    "gunicorn-sqlite": ("gunicorn", sqlite),
    "gunicorn-postgresql": ("gunicorn", postgresql),
    "uvicorn-postgresql": ("uvicorn", postgresql),
    "uvicorn-sqlite": ("uvicorn", sqlite),
}
UNLESS_TOLD = ("gunicorn-sqlite", "gunicorn-postgresql", "uvicorn-postgresql")


def drive(way: str, shared: Path) -> bool:
    """Whether all steps of a way went well; raises ``Absent`` where it can't be gone."""
    name, database = WAYS[way]
    with tempfile.TemporaryDirectory() as given:
        folder = Path(given)
        with database(folder) as urls:
            variables = environment(shared, **urls)
            start = time.perf_counter()
            print(f"\n--- {way}", flush=True)
            print(f"      {run(variables, '-m', 'e2e.prepare')}", flush=True)
            with serving(name, folder, variables) as server:
                journey = Journey(server)
                good = travel(journey)
                journey.close()
                if not good:
                    said = server.log.read_text().splitlines()
                    print("The server's last lines:", *said[-LAST_LINES:], sep="\n")
    print(f"      {time.perf_counter() - start:.1f} s", flush=True)
    return good


def travel(journey: Journey) -> bool:
    for title, take in journey.steps():
        try:
            said = take()
        except Exception:  # noqa: BLE001  whatever it is, it is named by its step
            print(f"FAIL  {title}\n{traceback.format_exc()}", flush=True)
            return False
        print(f"  ok  {title}: {said}", flush=True)
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description="Drive the orders API end to end over HTTP.")
    parser.add_argument("ways", nargs="*", metavar="way", help=", ".join(WAYS))
    chosen = parser.parse_args().ways or UNLESS_TOLD
    if unknown := set(chosen) - set(WAYS):
        parser.error(f"{', '.join(unknown)}: the ways are {', '.join(WAYS)}")
    required = os.environ.get("REQUIRE_SERVICES", "") not in ("", "0")
    failed = []
    with tempfile.TemporaryDirectory() as given:
        shared = Path(given)
        nowhere = environment(shared, DATABASE_URL="sqlite://:memory:")
        run(nowhere, "manage.py", "collectstatic", "--noinput")
        for way in chosen:
            try:
                if not drive(way, shared):
                    failed.append(way)
            except Absent as error:
                print(f"\n--- {way}\nskipped: {error}")
                if required:
                    failed.append(way)
            except RuntimeError as error:
                print(error)
                failed.append(way)
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
