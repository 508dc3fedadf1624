"""What detectors can be told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """``threshold``: from how many calls on one path on repetition is a finding."""

    threshold: int = 2
