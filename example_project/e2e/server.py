"""The API under a real server: what it is told, how it is started, what it has logged."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo import free_port
from e2e.client import HOST, Client

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[1]
SECONDS_TO_START = 30
STAFF = {"username": "staff", "password": secrets.token_urlsafe(16)}
COMMANDS = {
    "gunicorn": ["gunicorn", "--bind", "127.0.0.1:{port}", "config.wsgi"],
    # One process: with more its sockets lack TCP_NODELAY, and each answer waits for 40 ms.
    "uvicorn": [
        *("uvicorn", "--workers", "1", "--port", "{port}", "--timeout-keep-alive", "75"),
        "config.asgi:application",
    ],
}


@dataclass(frozen=True)
class Server:
    name: str
    port: int
    log: Path

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged; raises ``ValueError`` for lines that are no JSON."""
        lines = self.log.read_text().splitlines()
        if others := [line for line in lines if not line.startswith("{")]:
            raise ValueError(f"no JSON: {others}")
        return [json.loads(line) for line in lines]


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Production's, and nothing that this machine's own says."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {
        **kept,
        "ENV_FILE": os.devnull,
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings.prod",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": HOST,
        "BEHIND_PROXY": "true",
        "STATIC_ROOT": str(folder / "static"),
        "WEB_CONCURRENCY": "1",
        "DJANGO_SUPERUSER_USERNAME": STAFF["username"],
        "DJANGO_SUPERUSER_PASSWORD": STAFF["password"],
        "DJANGO_SUPERUSER_EMAIL": "staff@example.com",
        **variables,
    }


def run(variables: dict[str, str], *arguments: str) -> str:
    """Run Python on the project; raises ``RuntimeError`` with what it said where it fails."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=PROJECT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


@contextlib.contextmanager
def serving(name: str, folder: Path, variables: dict[str, str]) -> Iterator[Server]:
    """A server on a free port of this machine, until the block ends.

    Raises ``RuntimeError`` with what it said where it does not come up.
    """
    process, server = _start(name, folder, variables)
    for _ in range(2):  # another may have taken the port meanwhile
        if _is_up(process, server):
            break
        process, server = _start(name, folder, variables)
    try:
        if not _is_up(process, server):
            raise RuntimeError(f"{name} did not come up. It said:\n{server.log.read_text()}")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _start(
    name: str, folder: Path, variables: dict[str, str]
) -> tuple[subprocess.Popen[bytes], Server]:
    server = Server(name, free_port(), folder / f"{name}.log")
    with server.log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", *(part.format(port=server.port) for part in COMMANDS[name])],
            cwd=PROJECT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    return process, server


def _is_up(process: subprocess.Popen[bytes], server: Server) -> bool:
    """Wait until it answers, or has ended; what another server answers does not have the id."""
    name = secrets.token_hex(8)
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        client = Client(server.port)
        with contextlib.suppress(OSError, http.client.HTTPException):
            if client.get("/healthz", X_Request_ID=name).headers["X-Request-ID"] == name:
                return True
        client.close()
        time.sleep(0.05)
    return False
