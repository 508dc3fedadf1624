"""The orders API under gunicorn, on a free port of this machine, with seeded data."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "example_project"
PREPARE = Path(__file__).with_name("prepare.py")
SECONDS_TO_START = 30
SECONDS_TO_END = 20


@dataclass(frozen=True)
class Server:
    """``data``: what the locustfile's ``--orders-data`` takes.  ``log``: a line a request."""

    url: str
    data: Path
    log: Path
    workers: int


def environment(database: str, folder: Path, workers: int) -> dict[str, str]:
    """The settings of load tests, and nothing that this machine's own say."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {
        **kept,
        "ENV_FILE": os.devnull,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings.load",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": database,
        "STATIC_ROOT": str(folder / "static"),
        "WEB_CONCURRENCY": str(workers),
    }


def prepare(variables: dict[str, str], data: Path, customers: int, orders: int) -> None:
    """Tables, orders and accounts; raises ``RuntimeError`` with what was said where it fails."""
    done = subprocess.run(
        [sys.executable, str(PREPARE), str(data), str(customers), str(orders)],
        cwd=PROJECT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The database could not be prepared:\n{done.stdout}{done.stderr}")


@contextlib.contextmanager
def serving(  # noqa: PLR0913  how much data, and where
    folder: Path,
    database: str,
    *,
    direct: str = "",
    workers: int = 2,
    customers: int = 40,
    orders: int = 4_000,
    port: int = 0,
) -> Iterator[Server]:
    """A server until the block ends.

    ``direct``: the database's URL for seeding, where ``database`` goes by a proxy.  Raises
    ``RuntimeError`` with what the server said where it does not come up.
    """
    data, log = folder / "orders.json", folder / "server.log"
    prepare(environment(direct or database, folder, workers), data, customers, orders)
    (folder / "static").mkdir(exist_ok=True)
    port = port or _free_port()
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "config.wsgi"],
            cwd=PROJECT,
            env=environment(database, folder, workers),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C ends it through us
        )
    try:
        _wait(process, port, log)
        yield Server(f"http://127.0.0.1:{port}", data, log, workers)
    finally:
        process.terminate()
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with (
            contextlib.closing(connection),
            contextlib.suppress(OSError, http.client.HTTPException),
        ):
            connection.request("GET", "/readyz")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        time.sleep(0.05)
    raise RuntimeError(f"gunicorn did not come up on port {port}. It said:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
