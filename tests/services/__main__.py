"""Run on database servers what must hold on each: ``python -m tests.services``.

The servers are those of ``TEST_POSTGRES_URL`` and ``TEST_MARIADB_URL``; each user must be allowed
to create databases, and those that are made here are dropped again.  A server that does not answer
is skipped, or fails the run with ``REQUIRE_SERVICES=1``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit
from zlib import crc32

from tests.settings import use_mysql_driver

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = os.environ.get("TEST_POSTGRES_URL") or "postgres://postgres@127.0.0.1:5432/"
MARIADB = os.environ.get("TEST_MARIADB_URL") or "mysql://root@127.0.0.1:3306/"
SERVICES = "tests/services"
#: Of the catalogue, what may differ between databases.
CATALOGUE = ("tests/test_situations.py", "-k", "not second_run and not sync_to_async")


class Run(NamedTuple):
    """Tests on one server; the query of its URL becomes the OPTIONS of the database."""

    url: str
    query: str = ""
    folder: Path = ROOT
    tests: Sequence[str] = (SERVICES, *CATALOGUE)


RUNS = {
    "PostgreSQL": Run(POSTGRES),
    "PostgreSQL, pooled, binding on the server": Run(
        POSTGRES, "?pool=true&server_side_binding=true", tests=(SERVICES,)
    ),
    "MariaDB": Run(MARIADB),
    "PostgreSQL, the orders API": Run(
        POSTGRES, folder=ROOT / "example_project", tests=("accounts", "api", "catalogue", "orders")
    ),
}


def trouble(url: str) -> str | None:
    """Why nobody can log in there, or ``None``."""
    parts = urlsplit(url)
    try:
        if parts.scheme == "mysql":
            use_mysql_driver()
            import MySQLdb

            MySQLdb.connect(
                host=parts.hostname,
                port=parts.port or 3306,
                user=unquote(parts.username or ""),
                password=unquote(parts.password or ""),
                connect_timeout=3,
            ).close()
        else:
            import psycopg

            # Django too creates its test database from this one.
            server = parts._replace(scheme="postgresql", path="/postgres").geturl()
            psycopg.connect(server, connect_timeout=3).close()
    except Exception as error:  # noqa: BLE001  each driver has errors of its own
        return " ".join(str(error).split())
    return None


def database(run: Run) -> str:
    """The URL with a database of this checkout's and environment's own, if it names none."""
    parts = urlsplit(run.url)
    own = f"/nplusone_guard_{crc32(f'{ROOT} {sys.prefix}'.encode()):08x}"
    return parts._replace(path=parts.path if parts.path.strip("/") else own).geturl() + run.query


def main() -> int:
    required = os.environ.get("REQUIRE_SERVICES", "") not in ("", "0")
    status = 0
    for name, run in RUNS.items():
        reason = trouble(run.url)
        if reason is not None:
            print(f"{name}: {'required, but' if required else 'skipped,'} {reason}", flush=True)
            status = status or int(required)
            continue
        print(f"{name}:", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *run.tests],
            cwd=run.folder,
            env={**os.environ, "DATABASE_URL": database(run)},
            check=False,
        )
        status = status or done.returncode
    return status


if __name__ == "__main__":
    sys.exit(main())
