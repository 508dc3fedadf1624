"""What happens with a finished report: exporters and the signal, then ``ACTION`` and reporters."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from nplusone_guard.conf import guard_settings
from nplusone_guard.report import Report
from nplusone_guard.signals import traced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

logger = logging.getLogger("nplusone_guard")


def emit(report: Report, *, may_raise: bool) -> None:
    """Hand a report to exporters and receivers of ``traced``; then to the reporters, or raise it.

    ``ACTION="record"`` does neither of the latter; ``"raise"`` raises ``BudgetExceeded`` or
    ``NPlusOneDetected`` where the report is not acceptable and ``may_raise`` says that nothing
    has been sent yet.  A reporter that fails is logged and does not keep the others from running.
    """
    settings = guard_settings()
    _hand(report, settings.exporters, "An exporter")
    if traced.has_listeners():
        traced.send_robust(sender=Report, report=report)
    if settings.action == "record":
        return
    if settings.action == "raise" and may_raise:
        report.raise_for_violations()
    _hand(report, settings.reporters, "A reporter")


def _hand(report: Report, to: Iterable[Callable[[Report], object]], what: str) -> None:
    for each in to:
        try:
            each(report)
        except Exception:
            logger.exception("%s of NPLUSONE_GUARD failed: %r.", what, each)
