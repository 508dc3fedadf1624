"""Whether an experiment runs.

Its requests are neither judged nor reported: they are one call run again, at times changed.
"""

from __future__ import annotations

from contextvars import ContextVar

#: True while the running context is within an experiment.
on_trial: ContextVar[bool] = ContextVar("nplusone_guard_on_trial", default=False)
