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
from weakref import WeakKeyDictionary, ref

from nplusone_guard.allow import allowances_in_force
from nplusone_guard.capture.callsite import Found, Memo, Path, find, unchanged, view_of
from nplusone_guard.capture.code import forget_excess
from nplusone_guard.capture.cursor import counting_class
from nplusone_guard.capture.group import Group, parameters_hash, settle
from nplusone_guard.capture.orm import look
from nplusone_guard.capture.related import source_of
from nplusone_guard.capture.rows import Rows
from nplusone_guard.capture.scope import active
from nplusone_guard.shape import as_text, fold, written_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

    from nplusone_guard.allow import Allowance
    from nplusone_guard.budget import Budget
    from nplusone_guard.trace import QueryGroup

logger = logging.getLogger("nplusone_guard")

#: A path that has seen more statements than this folds further ones on arrival, so that literals
#: written into SQL do not make memory grow with queries.
_RAW_STATEMENTS = 8

#: Statements whose place is remembered at a time: more than a loop usually runs per turn.
_MEMOS = 16

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
        if lane.pending is not None:
            lane.note_rows()
        cursor = context["cursor"]
        connection = context["connection"]
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
        group.seconds += perf_counter() - start
        raise
    group.seconds += perf_counter() - start
    return result


class Lane:
    """What one thread of a trace records: no lock, because no other thread writes to it."""

    __slots__ = (
        "_bulk_shapes",
        "_by_path",
        "_calls",
        "_memos",
        "_shapes",
        "call",
        "counting",
        "groups",
        "memo",
        "pending",
        "recorder",
        "sql",
    )

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.counting: dict[type, type | None] = {}
        self.sql: Any = None
        self.memo: Memo | None = None
        self.groups: list[Group] = []
        self.call: FrameType | None = None
        self.pending: tuple[Any, Group] | None = None
        self._calls = 0
        self._bulk_shapes: set[tuple[Path, str]] = set()
        self._shapes: WeakKeyDictionary[Any, set[tuple[Path, str]]] = WeakKeyDictionary()
        self._memos: dict[str, Memo] = {}
        self._by_path: dict[tuple[int, str, Path], dict[str, Group]] = {}

    def recall(self, sql: Any) -> Memo | None:
        """The memo of a statement that is not the last one again."""
        if sql.__class__ is not str:
            return None
        memo = self._memos.get(sql)
        if memo is not None:
            self.sql, self.memo = sql, memo
        return memo

    def locate(  # noqa: PLR0913  an execution, and what is known of it
        self,
        sql: Any,
        params: Any,
        many: bool,
        connection: Any,
        frame: FrameType,
        memo: Memo | None,
    ) -> Group:
        """The group of a query whose path must be walked."""
        found = find(frame)
        group, literals = self._group(sql, connection.alias, found)
        group.count += 1
        if found.call is not None:
            self._same_call(group, found.call)
        if group.follow:
            self.follow(group, sql, params, many, frame, found.inner, literals)
        if memo is not None:
            memo.connection = connection
            memo.move(found, group)
        elif group.count > 1 and not literals and sql.__class__ is str:
            if len(self._memos) >= _MEMOS:
                self._memos.clear()
            self.sql, self.memo = sql, Memo(found, group, connection)
            self._memos[sql] = self.memo
        return group

    def _group(self, sql: Any, alias: str, found: Found) -> tuple[Group, int]:
        """The group, made if it is new, and a hash of the literals that were folded for it."""
        recorder = self.recorder
        on_path = self._by_path.setdefault((recorder.requests, alias, found.path), {})
        text = sql if sql.__class__ is str else as_text(sql)
        group = on_path.get(text)
        literals = 0
        if group is None and len(on_path) >= _RAW_STATEMENTS:
            folded = fold(text)
            text, literals = folded.shape.text, folded.literals
            group = on_path.get(text)
        if group is None:
            group = on_path[text] = Group(
                recorder.next_order(), alias, text, found.path, recorder.requests
            )
            group.view = view_of(found.outer)
            group.allowances = allowances_in_force()
            group.writes = written_table(text)
            if found.excused:
                group.excuse = "sessions and authentication"
            self.groups.append(group)
        return group, literals

    def follow(  # noqa: PLR0913  an execution, and what is known of it
        self,
        group: Group,
        sql: Any,
        params: Any,
        many: bool,
        frame: FrameType,
        inner: FrameType | None,
        literals: int = 0,
    ) -> None:
        """Learn from one execution what counting does not tell: the access, the parameters."""
        recorder = self.recorder
        if group.count <= 2:  # noqa: PLR2004
            self._look(group, frame, inner)
        if group.writes is not None:
            group.follow = group.count < 2  # noqa: PLR2004
            recorder.epoch += 1
            recorder.written[group.writes] = recorder.epoch
            return
        # The parameters of executemany may be an iterator that yields only once.
        parameters = group.count if many else parameters_hash(params, literals)
        if group.count == 1:
            group.parameters = parameters
            if not many:
                group.echoes = recorder.asked_before(group, parameters)
        if group.access is not None and group.access.is_lazy:
            group.follow = group.count < 2  # noqa: PLR2004  the second look is still to come
            return
        if group.count > 1 and parameters != group.parameters:
            group.varied = True
            group.follow = group.count < 2  # noqa: PLR2004
        elif group.count > 1 and (
            (recorder.epoch != group.epoch and recorder.wrote_since(sql, group.epoch))
            or group.idled()
        ):
            group.refreshed += 1
        group.epoch = recorder.epoch
        group.asked()

    def _look(self, group: Group, frame: FrameType, inner: FrameType | None) -> None:
        """Read Django's frames: the access, where its instance came from, whose rows it loads."""
        rows = self.recorder.rows
        access, instance, queryset = look(frame, inner, rows)
        if group.access is None or group.access.relation is None:
            group.access = access
        owner = None
        if instance is not None:
            owner = rows.owner(instance)
            if owner is not None and owner[0] is group:
                group.chained = True
            elif owner is not None and group.parent is None:
                group.parent, group.via = owner
        if queryset is not None:
            if group.source is None:
                group.source = source_of(queryset)
            # The queryset keeps its instance alive, which an iterator would have let go of: a peer
            # that the next row would be fetched with.
            lone = access.peers and instance is not None and owner is None
            if group.source is not None and not lone:
                self.pending = (queryset, group)

    def note_rows(self) -> None:
        """The next query begins: the rows of the last one are there."""
        pending, self.pending = self.pending, None
        if pending is not None:
            self.recorder.rows.note(*pending)

    def _same_call(self, group: Group, call: FrameType) -> None:
        """Count the executions of one ORM call once.

        A call is known by an object that lives as long as it does: the iterable of an iterator,
        the collector of a delete; a bulk method by its frame, which is kept until the next.
        """
        if call.f_code.co_name.startswith(("bulk_", "in_bulk")):
            if self.call is not call:
                self.call = call
                self._calls += 1
                self._bulk_shapes = set()
            same = group.owner == self._calls
            group.owner = self._calls
            shapes = self._bulk_shapes
        else:
            names = call.f_locals
            own = names["iterable"] if "iterable" in names else names["self"]
            same = isinstance(group.owner, ref) and group.owner() is own
            if not same:
                group.owner = ref(own)
            shapes = self._shapes.setdefault(own, set())
        if not same:
            # The last batch is shorter, and so another statement, of one shape with the others.
            shape = (group.path, fold(group.sql).shape.id)
            same = shape in shapes
            shapes.add(shape)
        group.repeats += same

    def release(self) -> None:
        """Let go of frames, connections and statements."""
        self.sql = self.memo = self.call = self.pending = None
        self._memos.clear()


class Recorder:
    """Collects the queries of one scope; nested scopes hand theirs to the outer one.

    A nested scope that outlives the outer one (a stream that nobody has read yet) hands over what
    it has by then.
    """

    def __init__(self, parent: Recorder | None = None) -> None:
        self.parent = parent
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
        for lane in list(self.lanes.values()):
            lane.release()
        try:
            for inner in list(self.inner):
                self._take_over(inner)
            self._settled = [] if self.failed else self._merge(settle(self._all_groups()))
            if self.parent is not None and not self.failed:
                self.parent.absorb(self._settled)
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
        index = {group.key: number for number, group in enumerate(settled)}
        return tuple(group.frozen(index) for group in settled)

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
