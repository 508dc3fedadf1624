"""What the guard raises: assertion errors, so that every test runner shows them as failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nplusone_guard.report import Report


class GuardError(AssertionError):
    """A report that was not acceptable; ``report`` holds it, ``str()`` reads it out."""

    def __init__(self, message: str, report: Report) -> None:
        super().__init__(message)
        self.report = report


class BudgetExceeded(GuardError):
    """A budget was exceeded."""


class NPlusOneDetected(GuardError):
    """A relation was loaded row by row."""


class QueriesGrow(GuardError):
    """Queries grow with the data; ``report`` is that of the largest size."""


class GrowthNotMeasured(GuardError):
    """A call that saw nothing of the data's growth, so that equal counts prove nothing."""


class FixNotProven(GuardError):
    """A fix was tried and did not do what it promises; ``report`` is that of the run before it."""


class LabRefused(RuntimeError):
    """An experiment that the lab does not run; the message says what to do."""
