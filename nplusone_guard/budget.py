"""What is allowed, and what went over it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Budget:
    """Upper limits; ``None`` means no limit.

    ``queries``, ``duplicates`` and ``rows`` count what one trace did, ``n_plus_one`` counts
    findings, ``db_ms`` is milliseconds in execute and fetch.  Raises ``TypeError`` for a limit
    that is no number and ``ValueError`` for a negative one.
    """

    queries: int | None = None
    duplicates: int | None = None
    n_plus_one: int | None = None
    db_ms: float | None = None
    rows: int | None = None

    def __post_init__(self) -> None:
        for name, limit in self.limits():
            if isinstance(limit, bool) or not isinstance(
                limit, (int, float) if name == "db_ms" else int
            ):
                takes = "a number of milliseconds" if name == "db_ms" else "a whole number"
                raise TypeError(f"Budget({name}=...) takes {takes} or None, not {limit!r}.")
            if not limit >= 0:
                raise ValueError(f"Budget({name}=...) can't be negative, got {limit!r}.")

    def limits(self) -> Iterator[tuple[str, float]]:
        """The limits that are set, as (name, limit) in the order of their fields."""
        for name in LIMITS:
            limit = getattr(self, name)
            if limit is not None:
                yield name, limit

    def override(self, other: Budget | None) -> Budget:
        """This budget with the limits that ``other`` sets in place of its own."""
        if other is None:
            return self
        return Budget(**{**dict(self.limits()), **dict(other.limits())})  # type: ignore[arg-type]

    def violations(self, actual: Mapping[str, float]) -> tuple[BudgetViolation, ...]:
        """The limits that ``actual`` (name → value) goes over."""
        return tuple(
            BudgetViolation(limit=name, allowed=limit, actual=actual[name])
            for name, limit in self.limits()
            if actual[name] > limit
        )


#: The names of the limits, in their order.
LIMITS = tuple(field.name for field in fields(Budget))


@dataclass(frozen=True, slots=True)
class BudgetViolation:
    """A limit that was exceeded: its name, what it allows, what was seen."""

    limit: str
    allowed: float
    actual: float

    def __str__(self) -> str:
        return f"{self.limit}: {_plain(self.actual)} of {_plain(self.allowed)} allowed"


def _plain(value: float) -> str:
    """A number as people write it: never ``1e+06``, no ``.0``, three decimal places at most."""
    return f"{round(value, 3):.15g}"
