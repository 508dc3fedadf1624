"""What must hold under load, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.pairing import Slope, Spread, slope, spread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Pairs = Sequence[tuple[float, float]]

#: Throughput with the guard as a share of that without it, at least.
TARGET = 0.97
#: Fewer pairs say nothing for sure, and break nothing.
PAIRS = 6
#: KiB a request, beyond what the server grows by without the guard: less nobody would find.
GROWTH = 0.25
#: Samples of memory that are taken for warming up: allocators fill their arenas.
WARM_UP = 1 / 3
#: Numbers of queries that must differ, at least: a mixed request would not show otherwise.
DISTINCT = 5


@dataclass(frozen=True)
class Memory:
    """``samples``: seconds and MiB of all workers, while ``answered`` requests were answered."""

    samples: Sequence[tuple[float, float]]
    answered: int

    @property
    def growth(self) -> Slope | None:
        """KiB a request after warm-up; None where too little was sampled."""
        if not self.samples or not self.answered:
            return None
        end = self.samples[-1][0]
        kept = [(at, mib) for at, mib in self.samples if at >= end * WARM_UP]
        if len(kept) < 8:
            return None
        each = end / self.answered  # seconds
        return slope([at / each for at, _ in kept], [mib * 1_024 for _, mib in kept])

    def __str__(self) -> str:
        growth = self.growth
        if growth is None:
            return "too few samples"
        return (
            f"{growth.value:+.2f} KiB a request ({growth.low:+.2f} to {growth.high:+.2f}), "
            f"{self.samples[-1][1]:.0f} MiB in all workers"
        )


@dataclass(frozen=True)
class Soak:
    """What was seen.

    ``asked``, ``traced``: requests answered with the guard on, and traces that it finished;
    ``distinct``: different numbers of queries among the expected answers; ``memory``, ``plain``:
    with the guard and without; ``pairs``: for each mix of pages, requests a second without and
    with it; ``cpu``: the workers' CPU seconds a request, likewise.
    """

    asked: int
    traced: int
    wrong: Sequence[str]
    complaints: Sequence[str]
    distinct: int
    memory: Memory
    plain: Memory
    pairs: Mapping[str, Pairs]
    cpu: Mapping[str, Pairs]

    def throughput(self, mix: str) -> Spread:
        """With the guard over without it."""
        return _over(self.pairs[mix])

    def work(self, mix: str) -> Spread:
        """The CPU time of a request, with it over without."""
        return _over(self.cpu[mix])

    def broken(self) -> list[str]:
        """What does not hold, in words."""
        found = []
        if self.traced != self.asked:
            found.append(f"{self.asked} requests were answered and {self.traced} traces finished")
        if self.wrong:
            found.append(f"{len(self.wrong)} answers were wrong, such as: {self.wrong[0]}")
        if self.complaints:
            found.append(f"the server complained: {self.complaints[0]}")
        if self.distinct < DISTINCT:
            found.append(f"only {self.distinct} numbers of queries: mixing would not show")
        guarded, plain = self.memory.growth, self.plain.growth
        if guarded and plain and guarded.low > max(plain.high, 0.0) + GROWTH:
            found.append(f"memory grows by {guarded.low:.2f} KiB a request at least")
        slow = [
            mix
            for mix, pairs in self.pairs.items()
            if len(pairs) >= PAIRS and self.throughput(mix).high < TARGET
        ]
        found += [f"{mix} pages: throughput is {self.throughput(mix)} of that off" for mix in slow]
        return found

    def lines(self) -> list[str]:
        """For the reader."""
        return [
            f"answered {self.asked}, traces finished {self.traced}",
            f"wrong answers {len(self.wrong)}, {self.distinct} different numbers of queries",
            f"memory after warm-up, guard on:  {self.memory}",
            f"memory after warm-up, guard off: {self.plain}",
            *(
                f"{mix} pages, {len(pairs)} pairs, on over off: requests a second "
                f"{self.throughput(mix)}, the workers' CPU time a request {self.work(mix)}"
                for mix, pairs in self.pairs.items()
            ),
        ]


def _over(pairs: Pairs) -> Spread:
    return spread([guarded / plain for plain, guarded in pairs])
