"""Four gunicorn workers under load: is each request in the store, or counted as dropped?

    python -m tests.dashboard.workers --requests 5000

Prints what was sent, stored, dropped, and evicted; exits with 1 where the sum does not fit.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.dashboard.records import store

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 30


class Outcome(NamedTuple):
    """Requests answered with 200, and what became of their records."""

    answered: int
    added: int
    held: int
    dropped: int
    seconds: float
    log: str


def load(requests: int, *, workers: int = 4, clients: int = 8, preload: bool = False) -> Outcome:
    """Serve a site with the dashboard, send so many requests, stop it, and count."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "guard.sqlite3"
        port = free_port()
        log = Path(folder) / "log"
        command = [sys.executable, "-m", "gunicorn", "tests.dashboard.served:application"]
        command += ["--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--threads", "2"]
        command += ["--worker-tmp-dir", folder, *(["--preload"] if preload else [])]
        with log.open("wb") as sink:
            server = subprocess.Popen(
                command,
                cwd=ROOT,
                env={
                    **os.environ,
                    "DJANGO_SETTINGS_MODULE": "tests.dashboard.served",
                    "GUARD_STORE": str(path),
                },
                stdout=sink,
                stderr=sink,
            )
        try:
            wait(server, port, log)
            begun = time.perf_counter()
            with ThreadPoolExecutor(clients) as pool:
                parts = [requests // clients + (n < requests % clients) for n in range(clients)]
                answered = sum(pool.map(lambda count: send(port, count), parts))
            seconds = time.perf_counter() - begun
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)
        totals = store(path).totals()
        return Outcome(
            answered, totals.added, totals.records, totals.dropped, seconds, log.read_text()
        )


def send(port: int, count: int) -> int:
    """How many of so many requests over one connection were answered with 200."""
    good = 0
    for _ in range(count):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/numbers/")
        response = connection.getresponse()
        response.read()
        good += response.status == 200
        connection.close()
    return good


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Until the server takes connections."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"gunicorn did not start: {log.read_text()}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=5_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--preload", action="store_true")
    options = parser.parse_args()
    found = load(options.requests, workers=options.workers, preload=options.preload)
    print(
        f"{found.answered:,} requests in {found.seconds:.1f} s: {found.added:,} stored "
        f"({found.held:,} of them held), {found.dropped:,} dropped"
    )
    return int(found.added + found.dropped != found.answered)


if __name__ == "__main__":
    sys.exit(main())
