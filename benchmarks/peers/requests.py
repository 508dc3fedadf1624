"""Requests of the orders API under one tool, sent when asked; run in the tool's environment.

python requests.py VARIANT DATABASE

Reads lines ``PATH COUNT`` and answers each with a line of JSON: what the requests cost; of
``profile PATH COUNT``, the share of each stage of the guard in the time of all.  The database is
copied into memory first.
"""

from __future__ import annotations

import cProfile
import gc
import json
import os
import pstats
import sqlite3
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:1] = [str(ROOT), str(ROOT / "example_project")]

from benchmarks.peers.variants import TOKEN, VARIANTS

VARIANT = VARIANTS[sys.argv[1]]
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "benchmarks.peers.api_settings",
    "PEER": VARIANT.tool,
    "PEER_GUARD": json.dumps(VARIANT.guard),
}

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.test import Client

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")


def no_op(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    return execute(sql, params, many, context)


def one_frame(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    """Looks at the caller of the cursor's method, as the least that a call site takes."""
    frame = sys._getframe(1).f_back
    _ = (id(frame.f_code), frame.f_lasti)
    return execute(sql, params, many, context)


WRAPPERS = {"no_op": no_op, "one_frame": one_frame}


def prepare(database: str) -> None:
    """The rows of the file, and the tables of the tool's own."""
    connection.ensure_connection()
    with sqlite3.connect(database) as file:
        file.backup(connection.connection)
    call_command("migrate", verbosity=0)
    if VARIANT.wrapper:
        connection.execute_wrappers.append(WRAPPERS[VARIANT.wrapper])


def peak_mib() -> float:
    """The most that was resident since the start, or since it was reset."""
    for line in STATUS.read_text().splitlines() if STATUS.exists() else ():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1_024
    return 0.0


def cost(client: Client, path: str, count: int) -> dict[str, Any]:
    gc.collect()
    gc.disable()
    wall, cpu = perf_counter(), process_time()
    for _ in range(count):
        response = client.get(path, headers={"Authorization": f"Token {TOKEN}"})
    wall, cpu = perf_counter() - wall, process_time() - cpu
    gc.enable()
    if response.status_code != 200:
        raise SystemExit(f"GET {path} answered {response.status_code}.")
    answer = {"wall": wall / count, "cpu": cpu / count, "bytes": len(response.content)}
    return {
        **answer,
        "queries": int(response.headers.get("X-Guard-Queries", 0)),
        "peak": peak_mib(),
    }


#: A stage of the guard → whether what its functions call counts as theirs, and which they are.
STAGES = {
    "assess": (True, {"pipeline.py:_assess"}),
    "advise": (True, {"advise/__init__.py:advise"}),
    "locate": (True, {"capture/lane.py:locate"}),
    "look": (True, {"capture/lane.py:_look"}),
    "memo": (True, {"capture/lane.py:recall", "capture/callsite.py:unchanged"}),
    "wrapper": (False, {"capture/recorder.py:observe"}),
    "fetch": (False, {f"capture/cursor.py:fetch{each}" for each in ("one", "many", "all")}),
}


def profiled(client: Client, path: str, count: int) -> dict[str, float]:
    """Stage of the guard → its share of the time of the requests, by cProfile."""
    profile = cProfile.Profile()
    profile.enable()
    cost(client, path, count)
    profile.disable()
    package = ROOT / "nplusone_guard"
    entries = pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]
    total = sum(own for _, (_, _, own, _, _) in entries)
    shares = dict.fromkeys(STAGES, 0.0)
    for (file, _, function), (_, _, own, cumulative, _) in entries:
        if file.startswith(str(package)):
            name = f"{Path(file).relative_to(package).as_posix()}:{function}"
            for stage, (whole, functions) in STAGES.items():
                if name in functions:
                    shares[stage] += (cumulative if whole else own) / total
    return shares


def main() -> None:
    prepare(sys.argv[2])
    client = Client()
    if CLEAR.exists():
        CLEAR.write_text("5")  # the peak begins anew
    print(
        json.dumps({"django": django.get_version(), "python": sys.version.split()[0]}), flush=True
    )
    for line in sys.stdin:
        *verb, path, count = line.split()
        answer = (profiled if verb else cost)(client, path, int(count))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
