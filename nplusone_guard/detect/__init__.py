"""Detectors: functions from a trace to findings.  One that is in the tuple is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nplusone_guard.detect.duplicate import duplicate
from nplusone_guard.detect.n_plus_one import n_plus_one
from nplusone_guard.detect.options import Options
from nplusone_guard.detect.slow import slow
from nplusone_guard.detect.unbounded import unbounded
from nplusone_guard.detect.write_loop import write_loop

if TYPE_CHECKING:
    from nplusone_guard.finding import Finding
    from nplusone_guard.trace import Trace

__all__ = ["DETECTORS", "Options", "detect"]

DETECTORS = (n_plus_one, duplicate, write_loop, slow, unbounded)

_SEVERITIES = ("error", "warning", "info")


def detect(trace: Trace, options: Options) -> tuple[Finding, ...]:
    """All findings of a trace, errors first, then by how many queries they stand for."""
    findings = [finding for detector in DETECTORS for finding in detector(trace, options)]
    findings.sort(key=lambda finding: (_SEVERITIES.index(finding.severity), -finding.count))
    return tuple(findings)
