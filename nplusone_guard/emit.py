"""What happens with a finished report: reporters, then ``ACTION``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from nplusone_guard.conf import guard_settings

if TYPE_CHECKING:
    from nplusone_guard.report import Report

logger = logging.getLogger("nplusone_guard")


def emit(report: Report, *, may_raise: bool) -> None:
    """Hand a report to the reporters, or raise it.

    ``ACTION="record"`` does neither; ``"raise"`` raises ``BudgetExceeded`` or
    ``NPlusOneDetected`` where the report is not acceptable and ``may_raise`` says that nothing
    has been sent yet.  A reporter that fails is logged and does not keep the others from running.
    """
    settings = guard_settings()
    if settings.action == "record":
        return
    if settings.action == "raise" and may_raise:
        report.raise_for_violations()
    for reporter in settings.reporters:
        try:
            reporter(report)
        except Exception:
            logger.exception("A reporter of NPLUSONE_GUARD failed: %r.", reporter)
