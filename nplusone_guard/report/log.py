"""The default reporter: to the logger ``nplusone_guard``, a line a request and what is wrong.

Who develops sees each request once in full: what was said of an endpoint before is a line from
then on, and a request that got better since the code was changed says so.
"""

from __future__ import annotations

import logging
import os
import sys
from functools import cache
from typing import TYPE_CHECKING

from nplusone_guard.conf import guard_settings
from nplusone_guard.report.again import Again, Memory, own_file
from nplusone_guard.report.console import columns_of, render, wants_color

if TYPE_CHECKING:
    from nplusone_guard.report.report import Report

logger = logging.getLogger("nplusone_guard")


def log(report: Report) -> None:
    """Log a report.

    ``WARNING`` where something is wrong, ``INFO`` where nothing is.  Where nobody has configured
    a handler for it and ``LEVEL`` is ``"info"``, lines go to standard error as they are.
    """
    settings = guard_settings()
    wrong = report.findings or report.violations or report.stale
    level = logging.WARNING if wrong else logging.INFO
    if not wrong and settings.level_setting == "warning":
        return
    by_itself = logger.level == logging.NOTSET and not logger.hasHandlers()
    if by_itself:
        off = logger.disabled or logger.manager.disable >= level
        if off or (not wrong and settings.level != "info"):
            return
    elif not logger.isEnabledFor(level):
        return
    again = _memory(os.getpid()).compare(report.assessment) if settings.verbosity == 1 else Again()
    text = render(
        report,
        color=wants_color(sys.stderr),
        width=columns_of(sys.stderr),
        again=again,
        brief=settings.verbosity == 0,
    )
    if by_itself:
        record = logger.makeRecord(logger.name, level, __file__, 0, "%s", (text,), None)
        logging.StreamHandler().handle(record)  # to the standard error of the moment
    else:
        logger.log(level, "%s", text)


@cache
def _memory(process: int) -> Memory:  # noqa: ARG001  a fork has shown nothing yet
    return Memory(own_file(os.getppid()) if guard_settings().developing else None)
