"""A process that sends requests under one variant, and under callgrind where instructions count."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peers.environments import ROOT, python_of
from benchmarks.peers.tools import TOOLS
from benchmarks.peers.variants import TOKEN, VARIANTS

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).with_name("requests.py")
EXAMPLE = ROOT / "example_project"
#: Where instructions can be counted.
VALGRIND = shutil.which("valgrind") if shutil.which("callgrind_control") else None


class Failed(Exception):
    """A variant that does not start or does not answer; the message is its last line."""


def python_for(variant: str) -> Path:
    """The Python of the variant's environment.  Raises ``NotInstalled``."""
    tool = VARIANTS[variant].tool
    return python_of(TOOLS[tool].package if tool else "", (), example=True)


def make_database(python: Path, file: Path) -> None:
    """The orders API's tables and seeded rows, and a user with a token."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "ENV_FILE": os.devnull,
        "DEBUG_TOOLBAR": "false",
        "DATABASE_URL": f"sqlite:///{file}",
    }
    for command in ("migrate --verbosity 0", f"seed_orders --verbosity 0 --token {TOKEN}"):
        subprocess.run(
            [str(python), "manage.py", *command.split()],
            cwd=EXAMPLE,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )


class Worker:
    """Ask it with ``cost()``; it is ended with ``close()``."""

    def __init__(self, variant: str, database: Path, *prefix: str) -> None:
        self._log = database.with_name(f"{_plain(variant)}.log")
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [*prefix, str(python_for(variant)), str(SCRIPT), variant, str(database)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "PYTHONHASHSEED": "0", "DATABASE_URL": ""},
            )
        self.versions = self._answer()

    def cost(self, path: str, count: int) -> dict[str, Any]:
        """Seconds of wall and CPU time for each request, and MiB at the peak."""
        return self._asked(f"{path} {count}")

    def profile(self, path: str, count: int) -> dict[str, float]:
        return self._asked(f"profile {path} {count}")

    def _asked(self, line: str) -> Any:
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise Failed(self._said()) from error
        return self._answer()

    def _answer(self) -> Any:
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise Failed(self._said())
        return json.loads(line)

    def _said(self) -> str:
        lines = self._log.read_text().strip().splitlines()
        return lines[-1] if lines else f"it ended with {self.process.returncode}"

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()


def _plain(variant: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", variant)


@contextmanager
def working(variant: str, database: Path, *prefix: str) -> Iterator[Worker]:
    worker = Worker(variant, database, *prefix)
    try:
        yield worker
    finally:
        worker.close()


def instructions(variant: str, database: Path, paths: dict[str, str]) -> dict[str, int]:
    """Name of a path → instructions that one request of it takes, by callgrind.

    Counted is the second request and not the first, which pays for imports; in user space only.
    Raises ``Failed``.
    """
    out = database.with_name(f"callgrind-{_plain(variant)}")  # "%" would be its own
    prefix = (
        *(str(VALGRIND), "--tool=callgrind", "--instr-atstart=no", "-q"),
        f"--callgrind-out-file={out}",
    )
    with working(variant, database, *prefix) as worker:
        for path in paths.values():
            worker.cost(path, 2)
        for path in paths.values():
            _control(worker, "--instr=on")
            worker.cost(path, 1)
            _control(worker, "--instr=off")
            _control(worker, "--dump")
    found = {}
    for number, name in enumerate(paths, start=1):
        text = out.with_name(f"{out.name}.{number}").read_text()
        found[name] = int(re.search(r"^totals: (\d+)", text, re.MULTILINE)[1])
    return found


def _control(worker: Worker, option: str) -> None:
    done = subprocess.run(
        ["callgrind_control", option, str(worker.process.pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "OK." not in done.stdout:
        raise Failed(f"callgrind_control {option}: {done.stdout}{done.stderr}".strip())
