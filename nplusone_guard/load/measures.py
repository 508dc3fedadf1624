"""What responses say of their database work, by endpoint, in exact counts that can be merged.

Locust rounds response times of 100 ms and more to two digits before it takes percentiles; these
are kept to a tenth of a millisecond.  Memory grows with distinct values, not with requests.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: https://www.w3.org/TR/server-timing/: a metric's name, then its parameters.
_METRIC = re.compile(r"(?:^|,)\s*(?P<name>[\w-]+)\s*;[^,]*?\bdur=(?P<ms>[\d.]+)")
#: A time is counted in so many parts of a millisecond.
_PARTS = 10


@dataclass(frozen=True, slots=True)
class Reading:
    """What one response's headers say: queries, and milliseconds in the database and outside."""

    queries: int
    db_ms: float
    app_ms: float


def read(headers: Mapping[str, str] | None) -> Reading | None:
    """The reading of a response; ``None`` where it has no header of the guard."""
    text = headers.get("X-Guard-Queries") if headers else None
    if headers is None or text is None or not text.isdecimal():
        return None
    times = {
        match["name"]: float(match["ms"])
        for match in _METRIC.finditer(headers.get("Server-Timing") or "")
    }
    return Reading(int(text), times.get("db", 0.0), times.get("app", 0.0))


@dataclass(slots=True)
class Endpoint:
    """One endpoint's requests.

    ``queries``: how many responses told each number; ``times``: how many took each response time,
    in tenths of a millisecond.  ``requests`` counts all, ``read`` those with the guard's headers.
    """

    requests: int = 0
    failures: int = 0
    read: int = 0
    db_ms: float = 0.0
    app_ms: float = 0.0
    queries: Counter[int] = field(default_factory=Counter)
    times: Counter[int] = field(default_factory=Counter)

    def add(self, response_ms: float, reading: Reading | None, *, failed: bool) -> None:
        """Take in one request."""
        self.requests += 1
        self.failures += failed
        self.times[round(response_ms * _PARTS)] += 1
        if reading is not None:
            self.read += 1
            self.queries[reading.queries] += 1
            self.db_ms += reading.db_ms
            self.app_ms += reading.app_ms

    def merge(self, other: Endpoint) -> None:
        """Take in what another process saw."""
        self.requests += other.requests
        self.failures += other.failures
        self.read += other.read
        self.db_ms += other.db_ms
        self.app_ms += other.app_ms
        self.queries.update(other.queries)
        self.times.update(other.times)

    @property
    def most_queries(self) -> int | None:
        """The most of one response; ``None`` where no response told."""
        return max(self.queries, default=None)

    @property
    def mean_queries(self) -> float | None:
        """Of the responses that told."""
        total = sum(number * count for number, count in self.queries.items())
        return total / self.read if self.read else None

    @property
    def fail_ratio(self) -> float:
        """Failures by requests, from 0 to 1."""
        return self.failures / self.requests if self.requests else 0.0

    def percentile(self, share: float) -> float | None:
        """The response time in milliseconds that this share of requests kept to (nearest rank)."""
        rank = math.ceil(share * self.requests)
        for value in sorted(self.times):
            rank -= self.times[value]
            if rank <= 0:
                return value / _PARTS
        return None

    def dump(self) -> dict[str, Any]:
        """Plain data that :meth:`load` takes."""
        return {
            "requests": self.requests,
            "failures": self.failures,
            "read": self.read,
            "db_ms": self.db_ms,
            "app_ms": self.app_ms,
            "queries": sorted(self.queries.items()),
            "times": sorted(self.times.items()),
        }

    @classmethod
    def load(cls, dumped: dict[str, Any]) -> Endpoint:
        """An endpoint from what :meth:`dump` gave."""
        counted = {name: Counter(dict(dumped[name])) for name in ("queries", "times")}
        return cls(**{**dumped, **counted})


class Measures:
    """All endpoints, by method and name."""

    def __init__(self) -> None:
        self.endpoints: dict[tuple[str, str], Endpoint] = {}

    def add(
        self, key: tuple[str, str], response_ms: float, reading: Reading | None, *, failed: bool
    ) -> None:
        """Take in one request."""
        self.endpoints.setdefault(key, Endpoint()).add(response_ms, reading, failed=failed)

    def take(self) -> list[Any]:
        """What was seen since the last call, as plain data: a worker's report to its master."""
        seen, self.endpoints = self.endpoints, {}
        return [[*key, endpoint.dump()] for key, endpoint in seen.items()]

    def merge(self, taken: list[Any]) -> None:
        """Take in what a worker's :meth:`take` gave."""
        for method, name, dumped in taken:
            self.endpoints.setdefault((method, name), Endpoint()).merge(Endpoint.load(dumped))

    def clear(self) -> None:
        """Begin anew."""
        self.endpoints.clear()
