"""How cost grows: with the rows of a page, and with the users at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from . import database, stats
from .drive import ALL_BUT_LIST, VARIANTS, Load, phase
from .measure import WARM_UP, Say
from .samples import Phase
from .server import serving
from .stats import Line, Step

ROWS = (5, 25, 100, 500)
USERS = (1, 4, 16, 64)
#: One reader of the staff, who sees all orders, and never pauses: the cost of a page, no queue.
READER = Load(users=1, seconds=8, think=0.0, warm_up=1, without=ALL_BUT_LIST, who="staff")
#: Customers who pause between requests; more of them, more requests at a time.
CROWD = Load(users=1, seconds=8, think=0.1, warm_up=3)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of so many rows: milliseconds (median, and where the middle half begins and ends)."""

    rows: int
    ms: float
    low: float
    high: float
    queries: float
    requests: int


@dataclass
class Scale:
    """What was seen, by variant."""

    server: str
    workers: int
    pages: dict[str, list[Page]] = field(default_factory=lambda: {each: [] for each in VARIANTS})
    steps: dict[str, list[Step]] = field(default_factory=lambda: {each: [] for each in VARIANTS})
    seconds: float = 0.0

    def by_row(self, variant: str) -> tuple[Line, Line]:
        """Milliseconds, and queries, of a page: fixed, and for each row."""
        pages = self.pages[variant]
        rows = [page.rows for page in pages]
        return (
            stats.line(rows, [page.ms for page in pages]),
            stats.line(rows, [page.queries for page in pages]),
        )

    def knee(self, variant: str) -> Step | None:
        return stats.knee(self.steps[variant])


def scale(
    url: str, folder: Path, say: Say, *, rows: Sequence[int] = ROWS, users: Sequence[int] = USERS
) -> Scale:
    """Each size and each number of users for the tuned variant, then for the naive one."""
    begun = time.monotonic()
    place = database.postgresql(url) if url else database.sqlite(folder)
    with place as own, serving(folder, own) as server:
        seen = Scale(database.server_of(own), server.workers)
        for variant in VARIANTS:
            phase(server, variant, WARM_UP, folder)
        for size in rows:
            for variant in VARIANTS:
                load = replace(READER, page_size=size)
                page = _page(size, phase(server, variant, load, folder))
                seen.pages[variant].append(page)
                say(f"{size} rows, {variant}: {page.ms:.1f} ms, {page.queries:.0f} queries")
        for number in users:
            for variant in VARIANTS:
                step = _step(number, phase(server, variant, replace(CROWD, users=number), folder))
                seen.steps[variant].append(step)
                say(f"{number} users, {variant}: {step.rate:.1f} requests/s, p95 {step.p95:.0f} ms")
    seen.seconds = time.monotonic() - begun
    return seen


def _page(rows: int, phase: Phase) -> Page:
    samples = phase.without_log_ins().begun
    if not samples:
        raise RuntimeError(f"no page of {rows} rows was answered in {phase.seconds:.0f} s")
    ms = [each.ms for each in samples]
    low, middle, high = np.quantile(ms, [0.25, 0.5, 0.75])
    queries = [each.queries for each in samples if each.queries is not None]
    return Page(rows, float(middle), float(low), float(high), float(np.mean(queries)), len(samples))


def _step(users: int, phase: Phase) -> Step:
    phase = phase.without_log_ins()
    ms = [each.ms for each in phase.begun]
    if not ms:
        raise RuntimeError(f"{users} users got no answer in {phase.seconds:.0f} s")
    return Step(users, phase.rate, float(np.quantile(ms, 0.95)))
