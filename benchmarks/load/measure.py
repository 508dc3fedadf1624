"""The interleaved run: tuned, naive, tuned, naive … under each condition in turn."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from . import database
from .drive import VARIANTS, Load, phase
from .proxy import delaying
from .samples import Phase
from .server import Server, serving

#: Milliseconds that a round trip to PostgreSQL is made longer by.
DELAYS = (0.0, 0.5, 2.0)
WARM_UP = Load(users=4, seconds=2, think=0.05)
PROBES = 100

Say = Callable[[str], None]
Round = tuple[Phase, Phase]


@dataclass
class Condition:
    """One way to run both variants; ``rounds`` are its pairs of a tuned and a naive phase.

    ``delay_ms`` is what was set, ``round_trip_ms`` what was then measured, median of 100; both are
    None where there is no network.
    """

    name: str
    delay_ms: float | None = None
    round_trip_ms: float | None = None
    rounds: list[Round] = field(default_factory=list)


@dataclass
class Run:
    """What a benchmark saw, and under what."""

    server: str
    workers: int
    load: Load
    conditions: list[Condition]
    seconds: float = 0.0


def bench(url: str, load: Load, rounds: int, folder: Path, say: Say) -> Run:
    """Both variants on SQLite, or with ``url`` on PostgreSQL with each of the delays."""
    begun = time.monotonic()
    with _conditions(url, folder) as (server, version, conditions, prepare):
        run = Run(version, server.workers, load, conditions)
        for variant in VARIANTS:  # imports, caches and connections are nobody's cost
            phase(server, variant, WARM_UP, folder)
        say(f"{version}: {len(conditions) * rounds * 2} phases of {load.seconds:g} s")
        for number in range(1, rounds + 1):
            for condition in conditions:
                prepare(condition)
                pair = []
                for variant in VARIANTS:
                    seen = phase(server, variant, load, folder)
                    pair.append(seen)
                    say(
                        f"round {number} of {rounds}, {condition.name}, {variant}: "
                        f"{seen.rate:.1f} requests/s"
                    )
                condition.rounds.append((pair[0], pair[1]))
    run.seconds = time.monotonic() - begun
    return run


@contextlib.contextmanager
def _conditions(
    url: str, folder: Path
) -> Iterator[tuple[Server, str, list[Condition], Callable[[Condition], None]]]:
    if not url:
        with database.sqlite(folder) as own, serving(folder, own) as server:
            yield server, database.server_of(own), [Condition("SQLite")], lambda _: None
        return
    parts = urlsplit(url)
    with (
        database.postgresql(url) as own,
        delaying(parts.hostname or "127.0.0.1", parts.port or 5432) as delay,
    ):
        far = database.through(own, delay.port)
        conditions = [Condition(f"+{each:g} ms a round trip", each) for each in DELAYS]

        def prepare(condition: Condition) -> None:
            delay.seconds = (condition.delay_ms or 0.0) / 1_000
            if condition.round_trip_ms is None:
                condition.round_trip_ms = _round_trip(far)

        with serving(folder, far, direct=own) as server:
            yield server, database.server_of(own), conditions, prepare


def _round_trip(url: str) -> float:
    """Milliseconds of ``SELECT 1``, median."""
    times = []
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(PROBES):
            start = time.perf_counter()
            connection.execute("SELECT 1")
            times.append(time.perf_counter() - start)
    return statistics.median(times) * 1_000
