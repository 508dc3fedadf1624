"""What must hold under load, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.pairing import Slope, Spread, slope, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Throughput with the guard as a share of that without it, at least.
TARGET = 0.97
#: MiB a minute of all workers together: less is no leak that anybody would find.
GROWTH = 1.0
#: Samples of memory that are taken for warming up: allocators fill their arenas.
WARM_UP = 1 / 3


@dataclass(frozen=True)
class Soak:
    """What was seen: see the fields' use in ``broken()``.

    ``rss``: seconds and MiB; ``pairs``: requests a second without and with the guard;
    ``cpu``: the workers' CPU seconds a request, without and with it.
    """

    asked: int
    traced: int
    wrong: Sequence[str]
    complaints: Sequence[str]
    distinct: int
    rss: Sequence[tuple[float, float]]
    pairs: Sequence[tuple[float, float]]
    cpu: Sequence[tuple[float, float]]

    @property
    def growth(self) -> Slope | None:
        """MiB a minute after warm-up; None where too little was sampled."""
        end = self.rss[-1][0] if self.rss else 0.0
        kept = [(at / 60, mib) for at, mib in self.rss if at >= end * WARM_UP]
        if len(kept) < 8:
            return None
        return slope([at for at, _ in kept], [mib for _, mib in kept])

    @property
    def throughput(self) -> Spread:
        return spread([guarded / plain for plain, guarded in self.pairs])

    @property
    def work(self) -> Spread:
        return spread([guarded / plain for plain, guarded in self.cpu])

    def broken(self) -> list[str]:
        """What does not hold, in words."""
        found = []
        if self.traced != self.asked:
            found.append(f"{self.asked} requests were answered and {self.traced} traces finished")
        if self.wrong:
            found.append(f"{len(self.wrong)} answers were wrong, such as: {self.wrong[0]}")
        if self.complaints:
            found.append(f"the server complained: {self.complaints[0]}")
        if self.distinct < 5:
            found.append(
                f"only {self.distinct} different numbers of queries: mixing would not show"
            )
        growth = self.growth
        if growth is not None and growth.low > GROWTH:
            found.append(
                f"memory grows by {growth.value:.2f} MiB a minute, at least {growth.low:.2f}"
            )
        if self.throughput.high < TARGET:
            found.append(f"throughput is {self.throughput} of that without it, below {TARGET}")
        return found

    def lines(self) -> list[str]:
        """For the reader."""
        growth = self.growth
        said = (
            "too few samples"
            if growth is None
            else f"{growth.value:+.2f} MiB a minute ({growth.low:+.2f} to {growth.high:+.2f}), "
            f"{self.rss[-1][1]:.0f} MiB in all workers"
        )
        return [
            f"answered {self.asked}, traces finished {self.traced}",
            f"wrong answers {len(self.wrong)}, {self.distinct} different numbers of queries",
            f"memory after warm-up: {said}",
            f"requests a second, guard on over off: {self.throughput}, {len(self.pairs)} pairs",
            f"the workers' CPU time a request, on over off: {self.work}",
        ]
