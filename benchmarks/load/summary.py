"""What a run comes to: each figure of both variants, with ratios, and each behaviour's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import stats
from .measure import Round
from .samples import Sample
from .stats import Compared


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the table.  ``form`` shows a value: ``"{:.1f}"``."""

    name: str
    unit: str
    form: str
    compared: Compared

    @property
    def label(self) -> str:
        return f"{self.name}, {self.unit}" if self.unit else self.name


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One endpoint in both variants: milliseconds (median) and queries (mean)."""

    name: str
    requests: tuple[int, int]
    ms: Compared
    queries: Compared


@dataclass(frozen=True, slots=True)
class Parts:
    """Milliseconds of a mean request in the database and outside of it, as the server told."""

    db_ms: float
    app_ms: float


def of_users(rounds: Sequence[Round]) -> list[Round]:
    """Without log-ins, which stand before what is compared."""
    return [(tuned.without_log_ins(), naive.without_log_ins()) for tuned, naive in rounds]


def figures(rounds: Sequence[Round]) -> list[Figure]:
    """Of all behaviours together."""
    rounds = of_users(rounds)
    ms = stats.pairs_of(rounds, lambda each: each.ms)
    queries = stats.pairs_of(rounds, lambda each: each.queries)
    share = stats.pairs_of(rounds, _times)
    return [
        Figure(
            "throughput",
            "requests/s",
            "{:.1f}",
            stats.compare(stats.rates_of(rounds), stats.mean, within=False),
        ),
        *(
            Figure(f"p{number}", "ms", "{:.1f}", stats.compare(ms, stats.percentile(number / 100)))
            for number in (50, 95, 99)
        ),
        Figure("queries per request", "", "{:.1f}", stats.compare(queries, stats.mean)),
        Figure("database's share", "", "{:.0%}", stats.compare(share, stats.quotient)),
    ]


def behaviours(rounds: Sequence[Round]) -> list[Behaviour]:
    """Each endpoint by itself, the dearest first; without those that one variant never asked."""
    rounds = of_users(rounds)
    names = sorted({common(each.name) for pair in rounds for phase in pair for each in phase.begun})
    found = []
    for name in names:
        requests = tuple(
            sum(common(each.name) == name for pair in rounds for each in pair[side].begun)
            for side in (0, 1)
        )
        if min(requests):
            ms = stats.pairs_of(rounds, _only(name, lambda each: each.ms))
            queries = stats.pairs_of(rounds, _only(name, lambda each: each.queries))
            found.append(
                Behaviour(
                    name.replace("/api/v1/", ""),
                    (requests[0], requests[1]),
                    stats.compare(ms, stats.percentile(0.5)),
                    stats.compare(queries, stats.mean),
                )
            )
    return sorted(found, key=lambda each: -each.ms.naive.value)


def parts(rounds: Sequence[Round]) -> tuple[Parts, Parts]:
    """Of the tuned and the naive variant."""
    both = []
    for side in (0, 1):
        told = [e for pair in of_users(rounds) for e in pair[side].begun if e.queries is not None]
        count = max(1, len(told))
        both.append(Parts(sum(e.db_ms for e in told) / count, sum(e.app_ms for e in told) / count))
    return both[0], both[1]


def common(name: str) -> str:
    """The name that an endpoint has in both variants."""
    return name.replace("/api/naive/", "/api/v1/")


def _times(sample: Sample) -> object:
    both = sample.db_ms + sample.app_ms
    return (sample.db_ms, both) if sample.queries is not None and both else None


def _only(name: str, value: Callable[[Sample], object]) -> Callable[[Sample], object]:
    return lambda sample: value(sample) if common(sample.name) == name else None
