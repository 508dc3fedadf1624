"""What detectors can be told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """Limits from which on something is a finding; ``None`` switches its detector off.

    ``threshold``: calls on one path.  ``slow_ms``: milliseconds of one execution.
    ``unbounded_rows``: rows of one SELECT without LIMIT, in a request.  ``explain``: whether the
    plan of a slow one is asked for.

    What the guard may take of one trace for itself: ``most_groups`` statements told apart by their
    places, ``own_ms`` milliseconds; ``None`` for no limit.
    """

    threshold: int = 2
    slow_ms: float | None = None
    unbounded_rows: int | None = None
    explain: bool = False
    most_groups: int | None = None
    own_ms: float | None = None
