"""Whether an experiment runs: its requests are judged and told to nobody, since they are runs of
one call again, some of them changed.
"""

from __future__ import annotations

from contextvars import ContextVar

#: True while the running context is within an experiment.
on_trial: ContextVar[bool] = ContextVar("nplusone_guard_on_trial", default=False)
