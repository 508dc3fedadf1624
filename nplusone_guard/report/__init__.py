"""The report and its renderers, one a file."""

from nplusone_guard.report.report import Assessment, Report, Suppressed

__all__ = ["Assessment", "Report", "Suppressed"]
