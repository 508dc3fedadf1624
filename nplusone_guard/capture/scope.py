"""Which recorder is active: one per context, so threads, tasks and requests never mix.

A plain thread starts with an empty context and is not traced unless it runs in a copy of one
(``contextvars.copy_context().run``); asgiref's executors copy it themselves.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nplusone_guard.capture.recorder import Recorder

#: The recorder that the queries of this context go to, or ``None``.
active: ContextVar[Recorder | None] = ContextVar("nplusone_guard_recorder", default=None)
