"""What an N+1 costs under load.

    python -m benchmarks.load bench    both variants interleaved: a table, plots, a report
    python -m benchmarks.load scale    by rows of a page and by users at a time
    python -m benchmarks.load serve    the server and its data, to drive locust by hand

``DATABASE_URL=postgres://…`` takes a database of its own on that server, which must be on this
machine; else it is SQLite.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from . import database, measure
from .drive import Failed, Load
from .report import report_bench, report_scale
from .scale import scale
from .server import ROOT, serving

RESULTS = ROOT / "benchmarks" / "results"


def main() -> None:
    options = _parser().parse_args()
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("sqlite"):
        url = ""
    elif url and not url.startswith(("postgres://", "postgresql://")):
        sys.exit("DATABASE_URL takes postgres://… here; without it, SQLite.")
    console = Console()
    try:
        with tempfile.TemporaryDirectory(prefix="guard-load-") as folder:
            options.act(options, url, Path(folder), console)
    except (Failed, RuntimeError, ValueError) as error:
        console.print(str(error), style="bold red", markup=False, highlight=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _bench(options: argparse.Namespace, url: str, folder: Path, console: Console) -> None:
    rounds = options.rounds or (4 if url else 6)
    load = Load(options.users, options.seconds or (6 if url else 7), options.think)
    run = measure.bench(url, load, rounds, folder, _say(console))
    report_bench(run, options.out, console)


def _scale(options: argparse.Namespace, url: str, folder: Path, console: Console) -> None:
    report_scale(scale(url, folder, _say(console)), options.out, console)


def _serve(options: argparse.Namespace, url: str, folder: Path, console: Console) -> None:
    place = database.postgresql(url) if url else database.sqlite(folder)
    with place as own, serving(folder, own, port=options.port) as server:
        console.print(
            f"Serving on {server.url}; accounts are in {server.data}. Ctrl-C ends it. Try:\n\n"
            f"  .venv/bin/locust -f benchmarks/locustfile.py --headless -u 4 -t 20s --tags naive "
            f"-H {server.url} --orders-data {server.data} --guard-gates benchmarks/gates.toml\n",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        while True:
            time.sleep(3_600)


def _say(console: Console) -> measure.Say:
    return lambda text: console.print(text, style="dim", markup=False, highlight=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(required=True)
    bench = actions.add_parser("bench")
    bench.add_argument("--rounds", type=int, help="pairs of phases (6; on PostgreSQL 4)")
    bench.add_argument("--seconds", type=int, help="of a phase (7; on PostgreSQL 6)")
    bench.add_argument("--users", type=int, default=4, help="at a time (4)")
    bench.add_argument("--think", type=float, default=0.1, help="mean seconds of a pause (0.1)")
    bench.set_defaults(act=_bench)
    growth = actions.add_parser("scale")
    growth.set_defaults(act=_scale)
    for each in (bench, growth):
        each.add_argument("--out", type=Path, default=RESULTS, help="folder of the reports")
    serve = actions.add_parser("serve")
    serve.add_argument("--port", type=int, default=0, help="one that is free unless told")
    serve.set_defaults(act=_serve)
    return parser


if __name__ == "__main__":
    main()
