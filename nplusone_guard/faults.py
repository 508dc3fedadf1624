"""The guard's own faults in the log: each kind once a minute, with how many were left out.

A fault that each query or each request meets would otherwise fill the log of the application that
the guard must not be in the way of.  It is a filter on the logger ``nplusone_guard``, so that what
catches a fault just logs it; records without an exception pass.
"""

from __future__ import annotations

import logging
from threading import Lock
from time import monotonic

SECONDS_BETWEEN = 60.0
_MOST_KINDS = 200


class OnceAMinute(logging.Filter):
    """Lets one record of a kind pass a minute; the next that passes says how many did not."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._kinds: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is logged."""
        if not record.exc_info or record.exc_info[0] is None:
            return True
        now, kind = monotonic(), _kind(record)
        with self._lock:
            last, left_out = self._kinds.get(kind, (None, 0))
            if last is not None and now - last < SECONDS_BETWEEN:
                self._kinds[kind] = (last, left_out + 1)
                return False
            if len(self._kinds) >= _MOST_KINDS:
                self._kinds.clear()
            self._kinds[kind] = (now, 0)
        if left_out:
            record.msg = f"{record.msg} ({left_out} more like it since the last line)"
        return True

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._kinds.clear()


def _kind(record: logging.LogRecord) -> tuple[object, ...]:
    """What was being done, what was raised, and where."""
    kind, _, trace = record.exc_info or (None, None, None)
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace is not None else ()
    return record.pathname, record.lineno, kind, *where


once_a_minute = OnceAMinute()
logging.getLogger("nplusone_guard").addFilter(once_a_minute)
