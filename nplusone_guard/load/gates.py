"""Gates: limits of a load test, for each endpoint or for one, that fail it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nplusone_guard.load.measures import Endpoint, Measures

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Gate:
    """Limits of one endpoint; ``None`` means no limit.

    ``max_queries``: of any one response.  ``p95_ms``: milliseconds.  ``max_fail_ratio``: from 0
    to 1.
    """

    max_queries: int | None = None
    p95_ms: float | None = None
    max_fail_ratio: float | None = None

    def override(self, other: Gate) -> Gate:
        """This gate with the limits that ``other`` sets in place of its own."""
        return replace(
            self,
            **{name: limit for name, limit in other.limits() if limit is not None},  # type: ignore[arg-type]
        )

    def limits(self) -> Iterator[tuple[str, float | None]]:
        """Name and limit of each."""
        for name in LIMITS:
            yield name, getattr(self, name)


LIMITS = ("max_queries", "p95_ms", "max_fail_ratio")


@dataclass(frozen=True, slots=True)
class Gates:
    """``default`` holds for every endpoint, ``named`` (by ``"GET /path/"``) over it."""

    default: Gate
    named: dict[str, Gate]

    @classmethod
    def read(cls, path: Path | None, default: Gate) -> Gates:
        """The gates of a TOML file; ``default`` goes before its own ``[default]``.

        Raises ``ValueError`` that names the file, and the line or the key.
        """
        if path is None:
            return cls(default, {})
        try:
            content = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ValueError(f"{path}: {error}") from None
        gates = {key: _gate(path, key, limits) for key, limits in content.items()}
        own = gates.pop(DEFAULT, Gate())
        return cls(own.override(default), gates)

    def __bool__(self) -> bool:
        return any(
            limit is not None
            for gate in (self.default, *self.named.values())
            for _, limit in gate.limits()
        )

    def broken(self, measures: Measures) -> list[str]:
        """A line for each gate that broke: endpoint, limit, actual."""
        lines = []
        for (method, name), endpoint in sorted(measures.endpoints.items()):
            full = f"{method} {name}"
            gate = self.default.override(self.named.get(full, Gate()))
            lines += [f"{full}: {fault}" for fault in _faults(gate, endpoint)]
        seen = {f"{method} {name}" for method, name in measures.endpoints}
        lines += [f"{name}: it was never requested" for name in self.named if name not in seen]
        if not seen:
            lines.append("no request was seen, so nothing holds")
        return lines


def _gate(path: Path, key: str, limits: Any) -> Gate:
    if not isinstance(limits, dict):
        raise ValueError(f'{path}: {key!r} takes a table of limits: ["GET /orders/"]')
    for name, limit in limits.items():
        if name not in LIMITS:
            raise ValueError(
                f"{path}: {key!r} takes the limits {', '.join(LIMITS)}; {name!r} is none of them"
            )
        if isinstance(limit, bool) or not isinstance(limit, (int, float)) or not limit >= 0:
            raise ValueError(f"{path}: {name} of {key!r} takes a number from 0, not {limit!r}")
    return Gate(**limits)


def _faults(gate: Gate, endpoint: Endpoint) -> Iterator[str]:
    if gate.max_queries is not None:
        most = endpoint.most_queries
        if most is None:
            yield "no response had the header X-Guard-Queries (set HEADERS of the guard)"
        elif most > gate.max_queries:
            yield f"{most} queries, {gate.max_queries:g} allowed"
    p95 = endpoint.percentile(0.95)
    if gate.p95_ms is not None and p95 is not None and p95 > gate.p95_ms:
        yield f"p95 of {p95:g} ms, {gate.p95_ms:g} ms allowed"
    if gate.max_fail_ratio is not None and endpoint.fail_ratio > gate.max_fail_ratio:
        yield (
            f"{endpoint.failures} of {endpoint.requests} requests failed "
            f"({endpoint.fail_ratio:.2%}), {gate.max_fail_ratio:.2%} allowed"
        )
