"""One phase of a benchmark: the locustfile, headless, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from . import samples
from .server import ROOT, Server

LOCUSTFILE = ROOT / "benchmarks" / "locustfile.py"
GATES = ROOT / "benchmarks" / "gates.toml"
VARIANTS = ("tuned", "naive")
#: The tags of all that a customer does but reading the list.
ALL_BUT_LIST = ("turn", "filter", "open", "feed", "place")
LAST_LINES = 15
#: Seconds after which a run ends that has not got all of its users going.
LONGEST_START = 60


@dataclass(frozen=True, slots=True)
class Load:
    """How hard: ``users`` at a time, for ``seconds``, ``think`` seconds between their requests.

    ``without``: tags of behaviours to leave out; ``page_size``: rows of a list; ``who``: customers
    or staff.
    """

    users: int
    seconds: int
    think: float
    warm_up: int = 1
    without: tuple[str, ...] = ()
    page_size: int = 25
    who: str = "customers"


class Failed(Exception):
    """Requests failed, or locust did: figures of such a run mean nothing."""


def phase(server: Server, variant: str, load: Load, folder: Path) -> samples.Phase:
    """What one run saw.

    Raises ``Failed``, which says what went wrong, where a request failed, where the tuned variant
    broke one of its gates, or where locust ended otherwise.
    """
    file = folder / "samples.jsonl"
    more = ["--samples", str(file), "--samples-warm-up", str(load.warm_up)]
    more += ["--samples-seconds", str(load.seconds), "-t", f"{load.seconds + LONGEST_START}s"]
    if variant == "tuned":
        more += ["--guard-gates", str(GATES)]
    file.unlink(missing_ok=True)
    done = run(command(server, variant, load, *more))
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    seen = samples.load(file) if file.exists() else None
    if seen and (failures := Counter((e.name, e.failure) for e in seen.samples if e.failure)):
        told = (f"{count} x {name}: {why}" for (name, why), count in failures.most_common(5))
        raise Failed("\n".join((f"the {variant} variant failed:", *told)))
    if broken := [line for line in lines if "guard gate broken" in line]:
        raise Failed("\n".join(broken))
    if done.returncode or seen is None or not seen.begun:
        said = "\n".join(lines[-LAST_LINES:])
        raise Failed(f"locust ended with {done.returncode} for the {variant} variant:\n{said}")
    return seen


def command(server: Server, variant: str, load: Load, *more: str) -> list[str]:
    """What to type for the same."""
    return [
        *(sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary"),
        *("--tags", variant, *(("--exclude-tags", *load.without) if load.without else ())),
        *("-H", server.url),
        *("-u", str(load.users), "-r", str(max(load.users, 1))),
        *("-t", f"{load.seconds + load.warm_up}s", "--stop-timeout", "30"),
        *("--orders-data", str(server.data), "--orders-think", str(load.think)),
        *("--orders-page-size", str(load.page_size), "--orders-as", load.who),
        *more,
    ]


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Locust, with this checkout's guard."""
    return subprocess.run(
        arguments,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
