"""One statement on one call path: what the recorder keeps of it, however often it runs."""

from __future__ import annotations

import marshal
import os
from inspect import unwrap
from threading import get_native_id
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any, Final

from nplusone_guard.capture.declared import declaration
from nplusone_guard.capture.field import FieldKey, describe
from nplusone_guard.shape import fold, listed
from nplusone_guard.trace import Access, CallSite, QueryGroup

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from weakref import ref

    from nplusone_guard.allow import Allowance
    from nplusone_guard.capture.callsite import Path
    from nplusone_guard.capture.code import Place
    from nplusone_guard.capture.rows import Line
    from nplusone_guard.trace import Scan, Source, Step

    #: Of each group of a trace, by its key, the place in the trace and the relation it follows.
    Index = Mapping[tuple[object, ...], tuple[int, Step | None]]

_SALT = os.urandom(8)

#: Seconds without work after which asking again is polling (a busy machine may well keep a thread
#: waiting for some ten milliseconds), and the share of work in them.
_PAUSE = 0.1
_IDLE = 0.1


class Group:
    """Counters of one statement on one path; mutable while the trace is open.

    ``follow``: whether an execution must be looked at more closely than counting it.  It ends
    once nothing more can be learned: the relation is known and lazy, or parameters varied.
    """

    __slots__ = (
        "access",
        "allowances",
        "asked_at",
        "batch",
        "calls",
        "chained",
        "count",
        "database",
        "echoes",
        "epoch",
        "excuse",
        "failures",
        "first",
        "follow",
        "forked",
        "last",
        "limit",
        "line",
        "literals",
        "mark",
        "order",
        "owner",
        "parameters",
        "path",
        "peak",
        "peak_rows",
        "redundant",
        "refreshed",
        "repeats",
        "request",
        "rows",
        "scans",
        "seconds",
        "source",
        "sql",
        "stray",
        "varied",
        "view",
        "writes",
    )

    def __init__(self, order: int, database: str, sql: str, path: Path, request: int = 0) -> None:
        self.order = order
        self.request = request  # which of a test client's requests within one scope
        self.database = database
        self.sql = sql
        self.path = path
        self.first = self.last = perf_counter()  # begin of the first execution, end of the last
        self.count = 0
        self.repeats = 0  # executions that belong to an ORM call counted already
        self.calls = 0  # set when the scope closes
        self.rows = 0
        self.seconds = 0.0
        self.parameters = 0  # a hash of the first execution's
        self.literals = 0  # a hash of what was blanked in its statement; part of the other
        self.varied = False
        self.redundant = 0
        self.refreshed = 0
        self.failures = 0
        # Of the last execution: wall clock, thread's time, thread, own time in the database.
        self.asked_at = (0.0, 0.0, 0, 0.0)
        self.limit: int | None = None
        self.batch = 0  # set when the scope closes
        self.epoch = 0
        self.writes: str | None = None
        self.follow = True
        self.access: Access | None = None
        self.excuse: str | None = None
        self.owner: ref[Any] | int | None = None
        self.allowances: tuple[Allowance, ...] = ()
        self.line: Line | None = None  # of the first execution that hangs on an instance
        self.chained = False
        self.forked = False
        self.stray = False
        self.source: Source | None = None
        self.view: object = None
        self.echoes: Group | None = None
        self.mark = 0.0  # seconds, before the last execution
        self.peak = 0.0  # seconds of the slowest execution
        self.peak_rows = 0
        self.scans: tuple[Scan, ...] | None = None

    def descends(self, line: Line) -> None:
        """Learn from one of the first executions what its instance hangs on."""
        above = line.above
        if above is not None and above.group is self:
            self.chained = True
        elif self.line is None or self.line.above is None:
            self.line = line
        elif above is not None and _way(line) != _way(self.line):
            self.forked = True
        self.stray = above is None

    def copy(self) -> Group:
        """A copy that shares nothing mutable."""
        copy = Group(self.order, self.database, self.sql, self.path, self.request)
        for name in self.__slots__:
            setattr(copy, name, getattr(self, name))
        return copy

    def close(self) -> None:
        """Settle what only the end of the scope tells."""
        self.calls = self.count - self.repeats - self.failures
        self.peak = max(self.peak, self.seconds - self.mark)
        self.peak_rows = max(self.peak_rows, self.rows // max(1, self.count))
        if not self.varied and self.writes is None:
            self.redundant = max(0, self.calls - 1 - self.refreshed)

    def asked(self) -> None:
        """Note when it was last asked, for :meth:`idled`."""
        self.asked_at = (perf_counter(), thread_time(), get_native_id(), self.seconds)

    def idled(self) -> bool:
        """Whether the thread waited for something else since the last execution: it polls."""
        wall, own, thread, seconds = self.asked_at
        # To wait for its own answer is no polling: a slow question asked again is a duplicate.
        passed = perf_counter() - wall - (self.seconds - seconds)
        return (
            passed > _PAUSE
            and thread_time() - own < passed * _IDLE
            and thread == get_native_id()  # an ended thread leaves its get_ident() to another
        )

    def join(self, other: Group, *, literals_differ: bool) -> None:
        """Add a group of this scope: another thread's, or one that the shape folds to the same."""
        if self.batch != other.batch:
            # A batch that is cut short must be the last, and the only one.
            cut = self.batch > other.batch > 0 and other.calls == 1 and other.first >= self.last
            self.batch = self.batch if cut else 0
        unwritten = self.writes is None and self.epoch == other.epoch
        self.calls += other.calls
        self.refreshed += other.refreshed
        self._add(other)
        differ = self.parameters ^ self.literals != other.parameters ^ other.literals
        self.varied = self.varied or literals_differ or differ
        if self.varied:
            self.redundant = 0
        elif unwritten:
            self.redundant = max(0, self.calls - 1 - self.refreshed)

    def absorb(self, other: Group) -> None:
        """Add the equal group of another scope: what repeats only across scopes is no loop."""
        self.calls = max(self.calls, other.calls)
        self.batch = min(self.batch, other.batch)
        self._add(other)

    def _add(self, other: Group) -> None:
        self.first = min(self.first, other.first)
        self.last = max(self.last, other.last)
        self.count += other.count
        self.rows += other.rows
        self.seconds += other.seconds
        self.redundant += other.redundant
        self.varied = self.varied or other.varied
        self.access = self.access or other.access
        self.line = self.line or other.line
        self.forked = self.forked or other.forked
        self.stray = self.stray or other.stray
        self.chained = self.chained or other.chained
        self.source = self.source or other.source
        self.scans = self.scans or other.scans
        self.peak = max(self.peak, other.peak)
        self.peak_rows = max(self.peak_rows, other.peak_rows)

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two settled groups equal."""
        return self.database, self.path, fold(self.sql).shape.text

    @property
    def step(self) -> Step | None:
        """The relation that it follows."""
        return self.access.step if self.access is not None else None

    def frozen(self, index: Index, start: float) -> QueryGroup:
        """The group as data.

        ``start``: when the trace began, by the clock of ``perf_counter``.
        """
        folded = fold(self.sql)
        places = [element for element in self.path if not isinstance(element, FieldKey)]
        field = describe(
            [element for element in self.path if isinstance(element, FieldKey)], self.view
        )
        innermost = self.path[0] if self.path else None
        ancestors = _ancestors(self.line, index) if not self.forked else None
        site: CallSite | None
        if isinstance(innermost, FieldKey):
            site = (field.site if field else None) or _rendered_by(places, self.view)
        else:
            site = innermost.site() if innermost else None
        return QueryGroup(
            shape=folded.shape,
            database=self.database,
            operation=folded.verb,
            count=self.count,
            calls=self.calls,
            varied=self.varied,
            redundant=self.redundant,
            rows=self.rows,
            db_ms=self.seconds * 1_000,
            site=site,
            path=tuple(place.site() for place in places),
            field=field,
            access=Access("savepoint") if folded.verb == "transaction" else self.access,
            limit=self.limit,
            batch=self.batch,
            excuse=self.excuse,
            allowances=self.allowances,
            via=self.line.via if self.line is not None else (),
            ancestors=ancestors or (),
            chained=self.chained,
            forked=ancestors is None,
            stray=self.stray,
            source=self.source,
            view=self.view,
            echoes=index.get(self.echoes.key, _UNKNOWN)[0] if self.echoes is not None else None,
            peak_ms=self.peak * 1_000,
            peak_rows=self.peak_rows,
            first_ms=max(0.0, self.first - start) * 1_000,
            last_ms=max(0.0, self.last - start) * 1_000,
            scans=self.scans,
        )


def _rendered_by(places: list[Place], view: object) -> CallSite:
    """The place of a field that no file declares: the line that has it rendered, else the view.

    A line only, because no expression there runs the query.
    """
    if places:
        site = places[0].site()
        return CallSite(file=site.file, line=site.line, function=site.function)
    code = getattr(unwrap(view), "__code__", None) if callable(view) else None
    if code is not None:
        return CallSite(code.co_filename, code.co_firstlineno, code.co_qualname)
    return declaration(view, "") or CallSite("<template from a string>", 1, "")


#: A row hangs on no more others than this; a long chain is cut.
_MOST_ANCESTORS = 16


#: The place and the step of a group that is not in the trace.
_UNKNOWN: Final = (None, None)


def _way(line: Line) -> list[tuple[object, ...]]:
    """What tells two lines apart."""
    found: list[tuple[object, ...]] = []
    above: Line | None = line
    while above is not None and len(found) < _MOST_ANCESTORS:
        found.append((id(above.group), above.via, above.step))
        above = above.above
    return found


def _ancestors(line: Line | None, index: Index) -> tuple[tuple[int, tuple[Step, ...]], ...] | None:
    """What a group hangs on; ``None`` where it hangs on rows of which that is not known."""
    found: list[tuple[int, tuple[Step, ...]]] = []
    via = line.via if line is not None else ()
    while line is not None and line.above is not None and len(found) < _MOST_ANCESTORS:
        line = line.above
        number, step = index.get(line.group.key, _UNKNOWN)
        if number is None:
            break
        if line.step is None or step is None or line.step == step:
            found.append((number, via))
            via = line.via
        elif line.above is not None:
            # Another relation by the same statement: what it hangs on is known, if not its group.
            via = (*line.via, line.step, *via)
        else:
            return tuple(found) or None
    return tuple(found)


def parameters_hash(parameters: Any) -> int:
    """A keyed hash of one query's parameters; equal for equal ones, within this process only.

    Not ``hash(parameters)``: -1 and -2 have one hash, 1 and True and 1.0 too.  What ``marshal``
    does not know (dates, decimals, UUIDs) is hashed by its own ``__hash__``, else by its type and
    identity, so that two values are never taken for one.
    """
    try:
        return hash((_SALT, marshal.dumps(parameters, 2)))
    except ValueError:
        pass
    items: Iterable[Any]
    if isinstance(parameters, dict):
        items = [*parameters.keys(), *parameters.values()]
    elif isinstance(parameters, (list, tuple)):
        items = parameters
    else:
        return hash((_SALT, id(parameters)))
    return hash((_SALT, *map(_value_hash, items)))


def _value_hash(value: Any) -> int:
    try:
        return hash(marshal.dumps(value, 2))
    except ValueError:
        pass
    try:
        return hash((type(value), value))
    except TypeError:
        return hash((type(value), repr(value)))


def settle(groups: Iterable[Group]) -> list[Group]:
    """Close the groups of one scope and join those whose statements fold to one shape.

    What repeats only across two requests within the scope (a test client's) is no loop.  From
    here on ``sql`` is the shape's text: raw statements may hold values.
    """
    settled: dict[tuple[object, ...], Group] = {}
    literals: dict[int, int] = {}
    joined: list[Group] = []
    for group in sorted(groups, key=lambda group: group.order):
        folded = fold(group.sql)
        group.batch = listed(group.sql)
        group.sql = folded.shape.text
        group.limit = folded.limit
        group.close()
        values = group.literals or folded.literals
        first = settled.setdefault((group.request, *group.key), group)
        if first is group:
            literals[id(group)] = values
            joined.append(group)
        else:
            first.join(group, literals_differ=literals[id(first)] != values)
    whole: dict[tuple[object, ...], Group] = {}
    for group in joined:
        first = whole.setdefault(group.key, group)
        if first is not group:
            first.absorb(group)
    return list(whole.values())
