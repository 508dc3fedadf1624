"""A runtime N+1 query and performance profiler for Django and Django REST Framework."""

# Bound first: the subpackage and the function share a name, and the function is the public one.
import nplusone_guard.capture  # noqa: F401
from nplusone_guard.allow import allow
from nplusone_guard.budget import Budget
from nplusone_guard.errors import (
    BudgetExceeded,
    FixNotProven,
    GrowthNotMeasured,
    GuardError,
    LabRefused,
    NPlusOneDetected,
    QueriesGrow,
)
from nplusone_guard.finding import Finding
from nplusone_guard.pipeline import capture
from nplusone_guard.report import Report
from nplusone_guard.view_budget import query_budget

__version__ = "0.1.0"

__all__ = [
    "Budget",
    "BudgetExceeded",
    "Finding",
    "FixNotProven",
    "GrowthNotMeasured",
    "GuardError",
    "LabRefused",
    "NPlusOneDetected",
    "QueriesGrow",
    "Report",
    "allow",
    "capture",
    "query_budget",
]
