"""The order of growth: how counts hang on the size of the data, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A straight line must pass each count by this share of their range, or by half a query.
_TOLERANCE = 0.05

#: What counts that grow faster than the data are compared with.
_POWERS = {"n²": 2, "n³": 3}


@dataclass(frozen=True, slots=True)
class Order:
    """How counts grow with the size of the data.

    ``slope``: queries for each row, from the smallest size to the largest.  ``like``: the power
    that comes closest where ``kind`` is ``"worse"``.  ``off``: the most queries by which a size
    misses the fit; ``None`` where two sizes alone were measured, which any line fits.
    """

    kind: Literal["constant", "linear", "less", "worse"]
    slope: float = 0.0
    like: str = "n"
    off: float | None = None

    def __str__(self) -> str:
        if self.kind == "constant":
            return "constant"
        if self.kind == "less":
            return "less than linear: a page or a cache may bound it"
        if self.kind == "worse":
            return f"worse than linear: like {self.like}"
        return f"linear: {_per_row(self.slope)}"


def fit(sizes: Sequence[int], counts: Sequence[int]) -> Order:
    """The order of counts at rising sizes: the line if it holds, else what bends off it."""
    spread = max(counts) - min(counts)
    slope = (counts[-1] - counts[0]) / (sizes[-1] - sizes[0])
    if not spread:
        return Order("constant", off=0.0 if len(sizes) > 2 else None)  # noqa: PLR2004
    if len(sizes) == 2:  # noqa: PLR2004
        return _of_two(sizes, counts, slope)
    off = _miss(sizes, counts)
    if off <= max(0.5, _TOLERANCE * spread):
        return Order("linear", slope, off=off)
    first = (counts[1] - counts[0]) / (sizes[1] - sizes[0])
    last = (counts[-1] - counts[-2]) / (sizes[-1] - sizes[-2])
    if last < first:
        return Order("less", slope, off=off)
    misses = {
        name: _miss([size**power for size in sizes], counts) for name, power in _POWERS.items()
    }
    like = min(misses, key=misses.__getitem__)
    return Order("worse", slope, like, misses[like])


def _of_two(sizes: Sequence[int], counts: Sequence[int], slope: float) -> Order:
    """Any line passes two counts; one that is below nothing where there are no rows is none."""
    if counts[0] <= 0 or sizes[0] <= 0 or counts[0] - slope * sizes[0] > -0.5:  # noqa: PLR2004
        return Order("linear", slope)
    power = log(counts[1] / counts[0]) / log(sizes[1] / sizes[0])
    like = min(_POWERS, key=lambda name: abs(_POWERS[name] - power))
    return Order("worse", slope, like)


def _miss(terms: Sequence[int], counts: Sequence[int]) -> float:
    """The most by which the line of least squares through (term, count) misses a count."""
    middle, level = sum(terms) / len(terms), sum(counts) / len(counts)
    slope = sum((x - middle) * (y - level) for x, y in zip(terms, counts, strict=True)) / sum(
        (x - middle) ** 2 for x in terms
    )
    return max(abs(y - level - slope * (x - middle)) for x, y in zip(terms, counts, strict=True))


def _per_row(slope: float) -> str:
    if 0 < slope < 1:
        rows = f"{1 / slope:.1f}".removesuffix(".0")
        return "1 query per row" if rows == "1" else f"1 query per {rows} rows"
    queries = f"{slope:.1f}".removesuffix(".0")
    return f"{queries} {'query' if queries == '1' else 'queries'} per row"
