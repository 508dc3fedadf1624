"""What requests are measured with: nothing, a wrapper, the guard, or another tool."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from benchmarks.peers.tools import GUARD

#: Of the demonstration's user, in the database that the benchmark makes.
TOKEN = "0" * 40

#: The orders as most of us write them first, and tuned.
PATHS = {"naive": "/api/naive/orders/", "tuned": "/api/v1/orders/"}


@dataclass(frozen=True)
class Variant:
    """``tool`` of ``tools.py``; ``guard``: its settings; ``wrapper`` of ``requests.py``."""

    tool: str = ""
    guard: dict[str, Any] = field(default_factory=dict)
    wrapper: str = ""


NOTHING = "nothing"
VARIANTS = {
    NOTHING: Variant(),
    "a wrapper that does nothing": Variant(wrapper="no_op"),
    "a wrapper that looks at one frame": Variant(wrapper="one_frame"),
    "nplusone_guard, warn": Variant(GUARD, {"ACTION": "warn"}),
    "nplusone_guard, record": Variant(GUARD, {"ACTION": "record"}),
    "nplusone_guard, record, 1 % sampled": Variant(
        GUARD, {"ACTION": "record", "SAMPLE_RATE": 0.01}
    ),
    "zeal": Variant("zeal"),
    "nplusone": Variant("nplusone"),
    "silk": Variant("silk"),
    "debug-toolbar": Variant("debug-toolbar"),
}
ONE_FRAME = "a wrapper that looks at one frame"
NO_OP = "a wrapper that does nothing"
#: The guard in full, for the cost of a query.
FULL = "nplusone_guard, record"
#: Of these the cost of a query is counted.
PER_QUERY = (NOTHING, NO_OP, ONE_FRAME, FULL)
