"""The tables of what requests cost under each variant: for the README and docs/cost.md."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from benchmarks.markers import table
from benchmarks.pairing import Spread, ratios, spread
from benchmarks.peers.environments import PINS, pins
from benchmarks.peers.tools import TOOLS
from benchmarks.peers.variants import FULL, NO_OP, NOTHING, ONE_FRAME, PATHS, VARIANTS


@dataclass
class Measured:
    """Of one variant: seconds by round, MiB, instructions by path; or how it failed."""

    cpu: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wall: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    peak: float = 0.0
    instructions: dict[str, int] = field(default_factory=dict)
    failed: str = ""


def compared(each: Measured, base: Measured, path: str) -> tuple[Spread, Spread]:
    """CPU and wall time as ratios to nothing."""
    return (
        spread(ratios(each.cpu[path], base.cpu[path])),
        spread(ratios(each.wall[path], base.wall[path])),
    )


def overview(measured: dict[str, Measured]) -> str:
    base = measured[NOTHING]
    heading = ["with", *(f"{path}: {what}" for path in PATHS for what in _WHAT), "peak memory"]
    rows = []
    for name, each in measured.items():
        if each.failed:
            rows.append([titled(name), f"fails: {each.failed}", *[""] * (len(heading) - 2)])
            continue
        cells = []
        for path in PATHS:
            cpu, wall = compared(each, base, path)
            cells += [str(cpu), f"{wall.median:.2f}", _ratio(each, base, path)]
        memory = f"{each.peak / base.peak:.2f}" if base.peak else "not known"
        rows.append([titled(name), *cells, memory])
    return table(heading, rows)


_WHAT = ("CPU time", "wall", "instructions")


def titled(variant: str) -> str:
    """With the tool's version."""
    tool = VARIANTS[variant].tool
    version = pins(PINS.read_text()).get(TOOLS[tool].package, "") if tool else ""
    return f"{variant} {version}".strip()


def _ratio(each: Measured, base: Measured, path: str) -> str:
    if path not in each.instructions or path not in base.instructions:
        return "not counted"
    return f"{each.instructions[path] / base.instructions[path]:.3f}"


def per_query(measured: dict[str, Measured], queries: dict[str, int]) -> str:
    """Instructions that a query more takes, of the naive list, beyond what it takes anyway.

    ``queries``: of the naive page and of the shorter one.
    """
    counted = {name: each.instructions for name, each in measured.items() if each.instructions}
    if NOTHING not in counted:
        return "Instructions were not counted: callgrind is not there."
    more_queries = queries["naive"] - queries["short"]

    def of_a_query(name: str) -> float:
        return (counted[name]["naive"] - counted[name]["short"]) / more_queries

    rows = []
    for name in (NO_OP, ONE_FRAME, FULL):
        if name in counted:
            more = of_a_query(name) - of_a_query(NOTHING)
            rows.append([name, f"{more:,.0f}", f"{more / of_a_query(NOTHING):.1%}"])
    if FULL in counted and ONE_FRAME in counted:
        times = (of_a_query(FULL) - of_a_query(NOTHING)) / (
            of_a_query(ONE_FRAME) - of_a_query(NOTHING)
        )
        whole = of_a_query(FULL) / of_a_query(ONE_FRAME)
        said = (
            f"What the guard adds to a query is {times:.1f} times what the wrapper that looks at "
            f"one frame adds; a query with the guard, and what the page does with its row, takes "
            f"{whole:.3f} times what it takes with that wrapper."
        )
    else:
        said = ""
    shown = table(
        ["with", "instructions a query more", "of a query, and its row in the page"], rows
    )
    return f"{shown}\n\n{said}"


def share_table(shares: dict[str, float]) -> str:
    """Where the guard's time goes, of a naive request; ``shares`` are those of ``requests.py``."""
    if not shares:
        return "The guard was not profiled."
    rows = {
        "the wrapper: clocks, counters, comparing with the last query": (
            shares["wrapper"] + shares["memo"]
        ),
        "the fetch: its clock and its rows": shares["fetch"],
        "a place that is not the last query's: walking the stack": (
            shares["locate"] - shares["look"]
        ),
        "the first two of a group: reading Django's and DRF's frames": shares["look"],
        "once a request: detecting and judging": shares["assess"] - shares["advise"],
        "once a request: advising, that is reading the source": shares["advise"],
    }
    cells = [[words, f"{share:.1%}"] for words, share in rows.items()]
    return table(["the guard, of the whole of a naive request", "share"], cells)
