"""Statistics of paired rounds: a ratio for each, their median and how sure it is."""

from __future__ import annotations

import math
import random
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Spread:
    """The median, and the interval that holds the true one 95 times of 100."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


def spread(values: Sequence[float], *, sure: float = 0.95) -> Spread:
    """Median and its distribution-free interval, from the order statistics.

    Between the k-th smallest and the k-th largest of n values lies the median with probability
    1 - 2 P(X < k), X binomial with n and 1/2; taken is the largest k that is sure enough.  With
    fewer than six values none is, and the interval is their whole range.
    Source: Conover, Practical Nonparametric Statistics, 3.2.  Raises ``ValueError`` without values.
    """
    if not values:
        raise ValueError("A median takes at least one value.")
    ordered = sorted(values)
    count = len(ordered)
    rank, below = 0, 0.0
    while rank < count // 2:
        below += math.comb(count, rank) / 2**count
        if 2 * below > 1 - sure:
            break
        rank += 1
    index = max(rank - 1, 0)
    return Spread(statistics.median(ordered), ordered[index], ordered[count - 1 - index])


def ratios(measured: Sequence[float], base: Sequence[float]) -> list[float]:
    """Round by round.  Raises ``ValueError`` where there is not one of each."""
    return [one / other for one, other in zip(measured, base, strict=True)]


@dataclass(frozen=True)
class Slope:
    """Of a straight line through points: growth per step, and its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def flat(self) -> bool:
        """Whether growth is not shown."""
        return self.low <= 0


def slope(xs: Sequence[float], ys: Sequence[float], *, seed: int = 0, draws: int = 500) -> Slope:
    """Theil and Sen's slope, the median of those between all pairs, which outliers do not move.

    The interval is that of a block bootstrap: neighbours depend on each other, so runs of points
    are drawn, and not single ones.  Raises ``ValueError`` for fewer than eight points.
    """
    if len(xs) < 8:
        raise ValueError("A slope takes at least eight points.")
    value = _theil_sen(xs, ys)
    start = statistics.median(y - value * x for x, y in zip(xs, ys, strict=True))
    left = [y - value * x - start for x, y in zip(xs, ys, strict=True)]
    chance = random.Random(seed)
    length = max(2, round(len(xs) ** 0.5))
    drawn = []
    for _ in range(draws):
        noise: list[float] = []
        while len(noise) < len(xs):
            first = chance.randrange(len(xs) - length + 1)
            noise += left[first : first + length]
        drawn.append(
            _theil_sen(xs, [start + value * x + n for x, n in zip(xs, noise, strict=False)])
        )
    drawn.sort()
    return Slope(value, drawn[int(draws * 0.025)], drawn[int(draws * 0.975)])


def _theil_sen(xs: Sequence[float], ys: Sequence[float]) -> float:
    points = list(zip(xs, ys, strict=True))
    return statistics.median(
        (y2 - y1) / (x2 - x1)
        for number, (x1, y1) in enumerate(points)
        for x2, y2 in points[number + 1 :]
        if x2 != x1
    )
