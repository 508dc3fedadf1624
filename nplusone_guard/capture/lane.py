"""What one thread of a trace records: the slow path, taken where a statement's memo fails."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary, ref

from nplusone_guard.allow import allowances_in_force
from nplusone_guard.blank import blanked
from nplusone_guard.capture.callsite import Found, Memo, Path, find, view_of
from nplusone_guard.capture.group import Group, parameters_hash
from nplusone_guard.capture.orm import look
from nplusone_guard.capture.plan import plan_of
from nplusone_guard.capture.related import source_of
from nplusone_guard.capture.rows import Line
from nplusone_guard.shape import as_text, fold, written_table
from nplusone_guard.trace import LOOKS

if TYPE_CHECKING:
    from types import FrameType

    from django.db.models import Model

    from nplusone_guard.capture.recorder import Recorder
    from nplusone_guard.capture.rows import Owner

#: A path that has seen more statements than this has the values of further ones blanked on arrival,
#: so that literals written into SQL do not make memory grow with queries.
_RAW_STATEMENTS = 8

#: Statements whose place is remembered at a time: more than a loop usually runs per turn.
_MEMOS = 16
#: The statement that stands for those that were not looked at.
UNSEEN: Final = "NOT LOOKED AT"

#: In place of rows to come, where each statement is kept until it is known whether it was slow.
_EXPLAINS: tuple[Any, Any] = (None, None)


class Lane:
    """What one thread of a trace records: no lock, because no other thread writes to it."""

    __slots__ = (
        "_bulk_shapes",
        "_by_path",
        "_calls",
        "_last",
        "_memos",
        "_shapes",
        "_unseen",
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
        self.pending: tuple[Any, Line] | None = None if recorder.explain_ms is None else _EXPLAINS
        self._last: tuple[Any, Any, Any, Any] | None = None  # statement, parameters, and where
        self._calls = 0
        self._bulk_shapes: set[tuple[Path, str]] = set()
        self._shapes: WeakKeyDictionary[Any, set[tuple[Path, str]]] = WeakKeyDictionary()
        self._memos: dict[str, Memo] = {}
        self._unseen: dict[str, Group] = {}
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
        recorder = self.recorder
        if recorder.truncated:
            return self._rest(connection.alias)
        start = perf_counter()
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
        recorder.took(perf_counter() - start)
        return group

    def _rest(self, alias: str) -> Group:
        """The group of all that is counted alone, once the guard has taken what it may."""
        group = self._unseen.get(alias)
        if group is None:
            recorder = self.recorder
            group = self._unseen[alias] = Group(
                recorder.next_order(), alias, UNSEEN, (), recorder.requests
            )
            group.follow = False
            group.excuse = "not looked at"
            self.groups.append(group)
        group.count += 1
        return group

    def _group(self, sql: Any, alias: str, found: Found) -> tuple[Group, int]:
        """The group, made if it is new, and a hash of the literals that were folded for it."""
        recorder = self.recorder
        on_path = self._by_path.setdefault((recorder.requests, alias, found.path), {})
        text = sql if sql.__class__ is str else as_text(sql)
        group = on_path.get(text)
        literals = 0
        if group is None and len(on_path) >= _RAW_STATEMENTS:
            text, literals = blanked(text)
            group = on_path.get(text)
        if group is None:
            group = on_path[text] = Group(
                recorder.next_order(), alias, text, found.path, recorder.requests
            )
            group.literals = literals
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
        if group.count <= LOOKS:
            self._look(group, frame, inner)
        if group.writes is not None:
            group.follow = group.count < 2  # noqa: PLR2004
            recorder.epoch += 1
            recorder.written[group.writes] = recorder.epoch
            return
        # The parameters of executemany may be an iterator that yields only once.
        parameters = group.count if many else parameters_hash(params) ^ literals
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
        access, instance, queryset, via = look(frame, inner)
        if group.access is None or group.access.relation is None:
            group.access = access
        owner = None
        line = Line(group, None, via, access.step)
        if instance is not None:
            owner = rows.owner(instance) or self._owner_elsewhere(instance)
            if owner is not None:
                line = Line(group, owner[0], (*owner[1], *via), access.step)
            group.descends(line)
        if queryset is not None:
            if group.source is None:
                group.source = source_of(queryset)
            # The queryset keeps its instance alive, which an iterator would have let go of: a peer
            # that the next row would be fetched with.
            lone = access.peers and instance is not None and owner is None
            if group.source is not None and not lone:
                self.pending = (queryset, line)

    def _owner_elsewhere(self, instance: Model) -> Owner | None:
        """Whose row it is, where no query has begun since in the thread or scope that read it."""
        noted = False
        recorder: Recorder | None = self.recorder
        while recorder is not None:
            for lane in list(recorder.lanes.values()):
                pending = lane.pending
                if pending is not None and pending is not _EXPLAINS:
                    recorder.rows.note(*pending)
                    noted = True
            recorder = recorder.parent
        return self.recorder.rows.owner(instance) if noted else None

    def begin(self, sql: Any, params: Any, connection: Any, cursor: Any) -> None:
        """The next query begins: the rows of the last one are there, and how long it took."""
        self._end()
        if self.recorder.explain_ms is not None:
            self.pending = self.pending or _EXPLAINS
            self._last = (sql, params, connection, cursor)

    def _end(self) -> None:
        pending, self.pending = self.pending, None
        if pending is not None and pending is not _EXPLAINS:
            self.recorder.rows.note(*pending)
        last, self._last = self._last, None
        if last is None:
            return
        sql, params, connection, cursor = last
        group = cursor._guard_group  # noqa: SLF001  our own attribute
        if group.scans is None and not group.failures and self._is_slow(group):
            group.scans = plan_of(connection, sql, params)

    def _is_slow(self, group: Group) -> bool:
        limit = self.recorder.explain_ms
        return limit is not None and (group.seconds - group.mark) * 1_000 >= limit

    def _same_call(self, group: Group, call: FrameType) -> None:
        """Count the executions of one ORM call once.

        A call is known by an object that lives as long as it does: the iterable of an iterator,
        the collector of a delete; a bulk method or a prefetch (of several levels of one relation)
        by its frame, which is kept until the next.
        """
        if call.f_code.co_name.startswith(("bulk_", "in_bulk", "prefetch_")):
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

    def release(self, *, explain: bool) -> None:
        """Let go of frames, connections and statements; first ask for the last one's plan."""
        if explain:
            self._end()
        self.sql = self.memo = self.call = self.pending = self._last = None
        self._memos.clear()
