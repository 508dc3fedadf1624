"""The guard under load: no lost trace, no leak, no mixed request, and its share of the throughput.

Serves the example with gunicorn (2 processes of 4 threads), once with the guard and once without,
and sends requests of 64 users in a closed loop.  First a minute with the guard on: each response is
compared with what that user got there alone, traces are counted, memory is sampled; a third of
that without it, for the memory.  Then both in turns, in pairs of random order, for the ratios of
tuned and of naive pages.  On SQLite and on PostgreSQL.  Ends with 1 where something does not hold.
Wants Linux; loads 127.0.0.1 alone.

    python benchmarks/under_load.py [--seconds 60] [--pairs 8] [--users 64] [--database sqlite]

PostgreSQL is that of LOAD_POSTGRES_URL, by default postgres://postgres@127.0.0.1:5432/postgres; a
database of its own is made there and dropped.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.soak.server import EXAMPLE, Server, environment, serving
from benchmarks.soak.traces import finished
from benchmarks.soak.users import MIXES, Crowd, Tally
from benchmarks.soak.verdict import TARGET, Memory, Soak

if TYPE_CHECKING:
    from collections.abc import Iterator

POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"
SLICE = 1.5  # seconds of each half of a pair


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of the run with the guard on")
    parser.add_argument("--pairs", type=int, default=8, help="of slices, guard off and on")
    parser.add_argument("--slice", type=float, default=SLICE, help="seconds of each half of a pair")
    parser.add_argument("--users", type=int, default=64)
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers and databases are put away
    names = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    broken = False
    for name in names:
        seen = soaked(name, options)
        print(f"\n{name}, {options.users} users, {options.seconds:.0f} s\n")
        print("\n".join(f"  {line}" for line in seen.lines()))
        for line in seen.broken():
            broken = True
            print(f"  BROKEN: {line}")
        for mix in MIXES:
            met = "met" if seen.throughput(mix).median >= TARGET else "not met"
            print(f"  the target of {TARGET} for the throughput of {mix} pages is {met}")
    if broken:
        sys.exit(1)
    print("\nNothing lost, nothing mixed, no leak.")


def soaked(name: str, options: argparse.Namespace) -> Soak:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(DATABASES[name](folder))
        tokens = prepared(folder, database, options.users)
        guarded = stack.enter_context(serving(folder, database, "on"))
        plain = stack.enter_context(serving(folder, database, "off"))
        crowd = stack.enter_context(contextlib.closing(Crowd(guarded.port, tokens)))
        others = stack.enter_context(contextlib.closing(Crowd(plain.port, tokens)))
        crowd.learn()
        others.learn_from(crowd)
        wrong = []
        for each in (crowd, others):  # each thread opens its connection, each arena its first pages
            wrong += each.run(options.seconds / 10).wrong
        memory, tally = soak(crowd, guarded, options.seconds)
        plain_memory, other = soak(others, plain, options.seconds / 3)
        wrong += [*tally.wrong, *other.wrong]
        pairs: dict[str, list[tuple[float, float]]] = {mix: [] for mix in MIXES}
        cpu: dict[str, list[tuple[float, float]]] = {mix: [] for mix in MIXES}
        for number in range(options.pairs):
            for mix in MIXES:
                sides = {"off": (others, plain), "on": (crowd, guarded)}
                halves = {}
                for side in random.sample(list(sides), 2):
                    run, halves[side] = half(*sides[side], mix, options.slice, 1_000 * number)
                    wrong += run.wrong
                pairs[mix].append((halves["off"][0], halves["on"][0]))
                cpu[mix].append((halves["off"][1], halves["on"][1]))
        return Soak(
            asked=crowd.asked,
            traced=finished(guarded.traces),
            wrong=wrong,
            complaints=[*guarded.complaints(), *plain.complaints()],
            distinct=crowd.distinct(),
            memory=memory,
            plain=plain_memory,
            pairs=pairs,
            cpu=cpu,
        )


def soak(crowd: Crowd, server: Server, seconds: float) -> tuple[Memory, Tally]:
    """All pages for as long, with the memory sampled."""
    with sampling(server) as samples:
        tally = crowd.run(seconds)
    return Memory(samples, tally.answered), tally


def half(
    crowd: Crowd, server: Server, mix: str, seconds: float, seed: int
) -> tuple[Tally, tuple[float, float]]:
    """Of a pair: requests a second, and the workers' CPU seconds a request."""
    before = server.cpu_seconds()
    run = crowd.run(seconds, paths=MIXES[mix], seed=seed)
    return run, (run.per_second, (server.cpu_seconds() - before) / max(run.answered, 1))


def prepared(folder: Path, database: str, users: int) -> list[str]:
    """The users' tokens."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "soak" / "prepare.py"), str(users)],
        cwd=EXAMPLE,
        env=environment(database, "off", folder),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


@contextlib.contextmanager
def sampling(server: Server) -> Iterator[list[tuple[float, float]]]:
    """Seconds since the start, and the workers' memory in MiB, twice a second."""
    samples: list[tuple[float, float]] = []
    over = threading.Event()
    start = time.monotonic()

    def sample() -> None:
        while not over.wait(0.5):
            samples.append((time.monotonic() - start, server.rss_mib()))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


@contextlib.contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'orders.sqlite3'}"


@contextlib.contextmanager
def postgres(_: Path) -> Iterator[str]:
    """A database of its own."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    server = os.environ.get("LOAD_POSTGRES_URL", POSTGRES)
    name = f"guard_soak_{os.getpid()}"
    with psycopg.connect(server.replace("postgres://", "postgresql://"), autocommit=True) as admin:
        admin.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


DATABASES = {"sqlite": sqlite, "postgres": postgres}


if __name__ == "__main__":
    main()
