"""What the guard costs a request, next to a wrapper and to other tools: the README's table.

The naive and the tuned order list of the example, each variant in a process of its own with the
same rows in SQLite in memory; all run side by side, and in each round each is asked once, in a new
random order, so that drift of the machine hits all alike.  Each round gives a ratio to nothing.
Instructions are counted under callgrind, which noise does not touch.  Wants Linux for the memory.

    python benchmarks/compare.py [--rounds 25] [--no-instructions] [--print]
"""

from __future__ import annotations

import argparse
import platform
import random
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.markers import put
from benchmarks.peers import worker as workers
from benchmarks.peers.cost_tables import Measured, overview, per_query, share_table
from benchmarks.peers.environments import NotInstalled
from benchmarks.peers.variants import FULL, NOTHING, PATHS, PER_QUERY, VARIANTS
from benchmarks.peers.worker import Failed, Worker

NAME = "make bench-compare"
PAGES = {"README.md": ("table",), "docs/cost.md": ("table", "query", "share")}
#: The naive list again with fewer rows: what a query more costs is between the two.
SHORT = {"short": f"{PATHS['naive']}?page_size=5"}
#: Requests of a round.
COUNTS = {"naive": 2, "tuned": 8}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--no-instructions", action="store_true", help="leave callgrind out")
    parser.add_argument("--print", action="store_true", help="print the tables, write no page")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "orders.sqlite3"
        workers.make_database(workers.python_for(NOTHING), database)
        measured: dict[str, Measured] = {name: Measured() for name in VARIANTS}
        seen = time_all(measured, database, options.rounds)
        if workers.VALGRIND and not options.no_instructions:
            count_all(measured, database)
    parts = {
        "table": f"{overview(measured)}\n\n({stamp(seen.versions, options.rounds)})",
        "query": per_query(measured, seen.queries),
        "share": share_table(seen.shares),
    }
    print(*parts.values(), sep="\n\n")
    if not options.print:
        for page, names in PAGES.items():
            for name in names:
                put(ROOT / page, f"{NAME}: {name}", parts[name])


class Seen(NamedTuple):
    """Beside the measures: versions, the shares of the guard's modules, queries by path."""

    versions: dict[str, str]
    shares: dict[str, float]
    queries: dict[str, int]


def time_all(measured: dict[str, Measured], database: Path, rounds: int) -> Seen:
    """Fill in seconds and memory."""
    running: dict[str, Worker] = {}
    for name, each in measured.items():
        try:
            running[name] = Worker(name, database)
        except (Failed, NotInstalled) as failure:
            each.failed = str(failure)
    seen = Seen(running[NOTHING].versions, {}, {})
    try:
        for turn in range(-1, rounds):  # the first one warms the caches
            for name in random.sample(list(running), len(running)):
                try:
                    ask(running[name], measured[name], keep=turn >= 0)
                except Failed as failure:
                    measured[name].failed = str(failure)
                    running.pop(name)
            print(f"\rround {turn + 1} of {rounds}", end="", file=sys.stderr, flush=True)
        if FULL in running:
            seen.shares.update(running[FULL].profile(PATHS["naive"], 10))
            for name, path in {**PATHS, **SHORT}.items():
                seen.queries[name] = running[FULL].cost(path, 1)["queries"]
    finally:
        print(file=sys.stderr)
        for each in running.values():
            each.close()
    return seen


def ask(worker: Worker, measured: Measured, *, keep: bool) -> None:
    for name, path in PATHS.items():
        cost = worker.cost(path, COUNTS[name])
        measured.peak = max(measured.peak, cost["peak"])
        if keep:
            measured.cpu[name].append(cost["cpu"])
            measured.wall[name].append(cost["wall"])


def count_all(measured: dict[str, Measured], database: Path) -> None:
    """Fill in instructions, two variants at a time: they do not depend on who else runs."""
    names = [name for name, each in measured.items() if not each.failed]

    def count(name: str) -> dict[str, int]:
        print(f"counting instructions: {name}", file=sys.stderr, flush=True)
        paths = {**PATHS, **SHORT} if name in PER_QUERY else PATHS
        try:
            return workers.instructions(name, database, paths)
        except Failed as failure:
            print(f"{name} can not be counted: {failure}", file=sys.stderr)
            return {}

    with ThreadPoolExecutor(2) as pool:
        for name, found in zip(names, pool.map(count, names), strict=True):
            measured[name].instructions = found


def stamp(versions: dict[str, str], rounds: int) -> str:
    return (
        f"{rounds} rounds; Python {versions['python']}, Django {versions['django']}, "
        f"{platform.system()} on {platform.machine()}; {date.today():%d %B %Y}."
    )


if __name__ == "__main__":
    main()
