"""The execute wrapper and the recorder behind it: the hot path.

Per query, with a recorder active: two clock reads for execute and two for each fetch, one string
comparison or look-up, a look at the one frame that the statement's memo keeps, a few attribute
updates.  A walk of the stack only where that fails; Django's frames are read on the first two
hits of a group only; no text is made.  Memory grows with groups, not with queries.
"""

from __future__ import annotations

import logging
from sys import _getframe
from threading import get_ident
from time import perf_counter
from typing import TYPE_CHECKING, Any

from nplusone_guard.allow import allowances_in_force
from nplusone_guard.capture.callsite import unchanged
from nplusone_guard.capture.code import forget_excess
from nplusone_guard.capture.cursor import counting_class
from nplusone_guard.capture.group import Group, settle
from nplusone_guard.capture.lane import Lane
from nplusone_guard.capture.rows import Rows
from nplusone_guard.capture.scope import active
from nplusone_guard.shape import as_text, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nplusone_guard.allow import Allowance
    from nplusone_guard.budget import Budget
    from nplusone_guard.trace import QueryGroup

logger = logging.getLogger("nplusone_guard")

_ANY_TABLE = "*"


def observe(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """The execute wrapper (https://docs.djangoproject.com/en/stable/topics/db/instrumentation/)."""
    recorder = active.get()
    if recorder is None or recorder.closed:
        return execute(sql, params, many, context)
    try:
        lane = recorder.lanes.get(get_ident()) or recorder.open_lane()
        cursor = context["cursor"]
        connection = context["connection"]
        if lane.pending is not None:
            lane.begin(sql, params, connection, cursor)
        memo = lane.memo if sql == lane.sql else lane.recall(sql)
        if memo is not None:
            try:
                frame = _getframe(memo.depth)
            except ValueError:  # a shallower stack: cold caches made the last one deeper
                frame = None
            if (
                frame is memo.anchor
                and frame is not None
                and frame.f_lasti == memo.offset
                and memo.connection is connection
                and (not memo.marks or unchanged(memo.marks))
            ):
                group = memo.group
                group.count += 1
                if group.follow:
                    lane.follow(group, sql, params, many, _getframe(1), frame)
            else:
                group = lane.locate(sql, params, many, connection, _getframe(1), memo)
        else:
            group = lane.locate(sql, params, many, connection, _getframe(1), None)
        kind = cursor.__class__
        counting = lane.counting.get(kind)
        if counting is None and kind not in lane.counting:
            counting = lane.counting[kind] = counting_class(kind)
        if counting is not None:
            if counting is not kind:
                cursor.__class__ = counting
            cursor._guard_group = group  # noqa: SLF001  our own attribute
        spent = group.seconds - group.mark
        if spent > group.peak:  # noqa: PLR1730  max() costs a call
            group.peak = spent
        group.mark = group.seconds
    except Exception:  # noqa: BLE001  the one boundary of capture: the app's query must run
        recorder.fail()
        return execute(sql, params, many, context)
    start = perf_counter()
    try:
        result = execute(sql, params, many, context)
    except BaseException:
        group.failures += 1  # to be tried again
        end = group.last = perf_counter()
        group.seconds += end - start
        raise
    end = group.last = perf_counter()
    group.seconds += end - start
    return result


class Recorder:
    """Collects the queries of one scope; nested scopes hand theirs to the outer one.

    A nested scope that outlives the outer one (a stream that nobody has read yet) hands over what
    it has by then.
    """

    def __init__(
        self,
        parent: Recorder | None = None,
        explain_ms: float | None = None,
        most_groups: int | None = None,
        own_seconds: float | None = None,
    ) -> None:
        self.parent = parent
        self.most_groups = most_groups
        self.own_seconds = own_seconds
        self.spent = 0.0  # seconds in walks and looks
        self.truncated = False  # counts alone from here on
        self.lacks = False  # a trace within it was truncated
        self.start = perf_counter()
        self.explain_ms = explain_ms  # from how long on a SELECT's plan is asked for
        self.closed = False
        self.failed = False
        self.lanes: dict[int, Lane] = {}
        self.inner: set[Recorder] = set()
        self.requests = 0
        self.epoch = 0
        self.written: dict[str, int] = {}
        self.rows: Rows = Rows(parent.rows if parent is not None else None)
        self._asked: dict[tuple[object, ...], Group] = {}
        self.declared: list[Budget] = []  # by the request's view, judged with the whole
        self.allowances: list[Allowance] = list(allowances_in_force())
        self._order = 0
        self._absorbed: dict[tuple[object, ...], Group] = {}
        self._settled: list[Group] | None = None
        forget_excess()
        if parent is not None and not parent.closed:
            parent.inner.add(self)

    def open_lane(self) -> Lane:
        """The lane of the running thread."""
        return self.lanes.setdefault(get_ident(), Lane(self))

    def next_order(self) -> int:
        """The rank of a new group."""
        self._order += 1
        return self._order

    def took(self, seconds: float) -> None:
        """Count the guard's own time; beyond its limits what comes is counted, not looked at."""
        self.spent += seconds
        if (self.most_groups is not None and self._order >= self.most_groups) or (
            self.own_seconds is not None and self.spent >= self.own_seconds
        ):
            self.truncated = True

    def asked_before(self, group: Group, parameters: int) -> Group | None:
        """The group of another place that asked the same, its tables not written to since."""
        key = (group.request, group.database, group.sql, parameters)
        first = self._asked.setdefault(key, group)
        if first is group:
            return None
        if self.epoch != first.epoch and self.wrote_since(group.sql, first.epoch):
            self._asked[key] = group
            return None
        return first

    def wrote_since(self, sql: Any, epoch: int) -> bool:
        """Whether a table that ``sql`` reads was written after ``epoch``."""
        written = self.written
        if written.get(_ANY_TABLE, 0) > epoch:
            return True
        return any(written.get(table, 0) > epoch for table in fold(as_text(sql)).tables)

    def fail(self) -> None:
        """Stop recording after a fault of the guard's own; log the first one."""
        self.closed = self.failed = True
        logger.exception(  # noqa: LOG004  called where the fault is caught
            "The guard failed while recording and stopped; the query runs unobserved."
        )

    def close(self) -> None:
        """End the scope: release frames, drop raw statements, hand on to the outer scope."""
        if self._settled is not None:
            return
        self.closed = True
        for thread, lane in list(self.lanes.items()):
            # A connection answers only to the thread that opened it.
            lane.release(explain=thread == get_ident())
        try:
            for inner in list(self.inner):
                self._take_over(inner)
            self._settled = [] if self.failed else self._merge(settle(self._all_groups()))
            if self.parent is not None and not self.failed:
                self.parent.absorb(self._settled)
                self.parent.lacks = self.parent.lacks or self.truncated or self.lacks
        except Exception:
            self.failed = True
            raise
        finally:
            self.lanes = {}
            self.rows = Rows(None)
            self._asked.clear()
            if self.parent is not None:
                self.parent.inner.discard(self)
                if self.failed:
                    # What it lacks, the outer scope lacks too; no report rather than a wrong one.
                    self.parent.closed = self.parent.failed = True

    def _take_over(self, inner: Recorder) -> None:
        inner.parent = None
        self.inner.discard(inner)
        self.failed = self.failed or inner.failed
        self.lacks = self.lacks or inner.truncated or inner.lacks
        self.absorb(inner.current())

    def absorb(self, groups: list[Group]) -> None:
        """Take the settled groups of an inner scope."""
        for group in groups:
            known = self._absorbed.get(group.key)
            if known is None:
                self._absorbed[group.key] = copy = group.copy()
                copy.order = self.next_order()
            else:
                known.absorb(group)

    def groups(self) -> tuple[QueryGroup, ...]:
        """What was recorded so far, or in all once the scope is closed."""
        settled = self.current()
        index = {group.key: (number, group.step) for number, group in enumerate(settled)}
        return tuple(group.frozen(index, self.start) for group in settled)

    def current(self) -> list[Group]:
        """The groups so far, settled, those of open inner scopes among them."""
        if self._settled is not None:
            return self._settled
        own = settle(group.copy() for group in self._all_groups())
        return self._merge(own, (group for inner in list(self.inner) for group in inner.current()))

    def _all_groups(self) -> list[Group]:
        return [group for lane in list(self.lanes.values()) for group in list(lane.groups)]

    def _merge(self, own: list[Group], open_inner: Iterable[Group] = ()) -> list[Group]:
        merged = {group.key: group for group in own}
        for group in (*self._absorbed.values(), *open_inner):
            known = merged.get(group.key)
            if known is None:
                merged[group.key] = group.copy()
            else:
                known.absorb(group)
        return sorted(merged.values(), key=lambda group: group.order)
