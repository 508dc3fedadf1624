"""Ratios with confidence intervals, growth, and the knee of a curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .samples import Phase, Sample

REPLICATES = 1_000
LEVEL = 0.95
SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its 95 % confidence interval; nan where there was nothing to measure."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of both variants, and naive by tuned."""

    tuned: Estimate
    naive: Estimate
    ratio: Estimate


@dataclass(frozen=True, slots=True)
class Pair:
    """What a tuned phase and the naive one after it saw, as numbers: one pair of the interleaving.

    Each is the values of all requests (milliseconds, queries …) or, for a rate, one value.
    """

    tuned: np.ndarray
    naive: np.ndarray


Statistic = Callable[[np.ndarray], float]


def mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def percentile(share: float) -> Statistic:
    """Of all requests, by linear interpolation."""

    def of(values: np.ndarray) -> float:
        return float(np.quantile(values, share)) if len(values) else float("nan")

    return of


def quotient(values: np.ndarray) -> float:
    """The sum of the first column by that of the second: a share of time, weighted by time."""
    total = float(values[:, 1].sum()) if len(values) else 0.0
    return float(values[:, 0].sum()) / total if total else float("nan")


def compare(
    pairs: Sequence[Pair],
    statistic: Statistic,
    *,
    replicates: int | None = None,
    within: bool = True,
    seed: int = SEED,
) -> Compared:
    """The statistic over all requests of each variant, and the ratio, with bootstrap intervals.

    Pairs are drawn with replacement, a tuned phase always with its own naive one, which keeps what
    both had in common; then, with ``within``, requests within each drawn phase.  The interval is
    that between the 2.5th and the 97.5th percentile of the replicates (Efron and Tibshirani, An
    Introduction to the Bootstrap, 1993, chapter 13).
    """
    chance = np.random.default_rng(seed)
    replicates = replicates or REPLICATES
    drawn = np.empty((replicates, 2))
    if not within and len(pairs) < 2:
        drawn[:] = np.nan  # of one value there is no spread to tell of
        replicates = 0
    for number in range(replicates):
        chosen = chance.integers(len(pairs), size=len(pairs))
        for column, side in enumerate(("tuned", "naive")):
            parts = [getattr(pairs[each], side) for each in chosen]
            if within:
                parts = [
                    part[chance.integers(len(part), size=len(part))] for part in parts if len(part)
                ]
            drawn[number, column] = statistic(np.concatenate(parts)) if parts else np.nan
    tuned, naive = (
        statistic(np.concatenate([getattr(pair, side) for pair in pairs]))
        for side in ("tuned", "naive")
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = drawn[:, 1] / drawn[:, 0]
        ratio = float(np.divide(naive, tuned))
    return Compared(
        _estimate(tuned, drawn[:, 0]), _estimate(naive, drawn[:, 1]), _estimate(ratio, ratios)
    )


def _estimate(value: float, replicates: np.ndarray) -> Estimate:
    finite = replicates[np.isfinite(replicates)]
    if not len(finite):
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(finite, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))


def pairs_of(
    rounds: Sequence[tuple[Phase, Phase]], values: Callable[[Sample], object]
) -> list[Pair]:
    """Of each round's requests what ``values`` says; those of which it says None are left out."""
    return [Pair(*(_numbers(phase.begun, values) for phase in phases)) for phases in rounds]


def _numbers(samples: Sequence[Sample], values: Callable[[Sample], object]) -> np.ndarray:
    return np.array([each for sample in samples if (each := values(sample)) is not None], float)


def rates_of(rounds: Sequence[tuple[Phase, Phase]]) -> list[Pair]:
    """Requests by second; one value a phase, so there is nothing to draw within it."""
    return [Pair(*(np.array([phase.rate]) for phase in phases)) for phases in rounds]


# --- Growth ---


@dataclass(frozen=True, slots=True)
class Line:
    """``y = fixed + each * x``."""

    fixed: float
    each: float


def line(x: Sequence[float], y: Sequence[float]) -> Line:
    """The line of least *relative* squares: a large value does not outweigh the small ones."""
    weights = 1 / np.asarray(y, float)
    each, fixed = np.polyfit(np.asarray(x, float), np.asarray(y, float), 1, w=weights)
    return Line(float(fixed), float(each))


@dataclass(frozen=True, slots=True)
class Step:
    """Some users at a time: requests by second, and milliseconds that 95 % of them kept to."""

    users: int
    rate: float
    p95: float


def knee(steps: Sequence[Step], *, gain: float = 0.10, wait: float = 2.0) -> Step | None:
    """The last step that was worth its users; ``None`` where the curve has no knee yet.

    It is the first one after which throughput grows by less than ``gain`` while the 95th percentile
    grows to more than ``wait`` times: from there on users only wait for one another.
    """
    for here, there in pairwise(steps):
        if there.rate < here.rate * (1 + gain) and there.p95 > here.p95 * wait:
            return here
    return None
