"""gunicorn with the example on a free port of 127.0.0.1, its workers' memory and CPU time."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.soak.traces import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "example_project"
SECONDS_TO_START = 60
WORKERS = 2


@dataclass(frozen=True)
class Server:
    """``traces``: the folder where the guard's finished traces are counted."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    traces: Path

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def rss_mib(self) -> float:
        """Of all workers.  Raises ``OSError`` where one has ended."""
        pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.workers()]
        return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def cpu_seconds(self) -> float:
        """Of all workers, in user and system."""
        ticks = 0
        for pid in self.workers():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def complaints(self) -> list[str]:
        """What the server logged at WARNING and above, and what is no line of its log."""
        return [line for line in self.log.read_text().splitlines() if _complains(line)]


def _complains(line: str) -> bool:
    try:
        return json.loads(line)["level"] not in {"debug", "info"}
    except (ValueError, TypeError, KeyError):
        return bool(line.strip())


def environment(database: str, guard: str, traces: Path) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PYTHONPATH": f"{ROOT}{os.pathsep}{EXAMPLE}",
        "DJANGO_SETTINGS_MODULE": "benchmarks.soak.settings",
        "ENV_FILE": os.devnull,
        "DATABASE_URL": database,
        "SOAK_GUARD": guard,
        FOLDER: str(traces),
        "WEB_CONCURRENCY": str(WORKERS),
    }


@contextlib.contextmanager
def serving(folder: Path, database: str, guard: str) -> Iterator[Server]:
    """Until the block ends.  Raises ``SystemExit`` with what it said where it does not come up."""
    traces = folder / f"traces-{guard}"
    traces.mkdir()
    log = folder / f"gunicorn-{guard}.log"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    # Workers that are replaced meanwhile would hide what they leaked.
    options = ("--bind", f"127.0.0.1:{port}", "--max-requests", "0", "--log-level", "info")
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *options, "config.wsgi"],
            cwd=EXAMPLE,
            env={**environment(database, guard, traces), "PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    server = Server(process, port, log, traces)
    try:
        _wait(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(server: Server) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and server.process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", server.port), 1).close()
            if len(server.workers()) == WORKERS:
                return
        time.sleep(0.1)
    sys.exit(f"gunicorn did not come up. It said:\n{server.log.read_text()}")
