"""What a code object is to the guard: the project's own, the framework's, or one of a few signs.

Learned once per code object and kept by identity: hashing a code object hashes its bytecode,
which costs more than the whole walk.  Nothing here is specific to a request.
"""

from __future__ import annotations

import dis
import sys
import sysconfig
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asgiref
import django

import nplusone_guard
from nplusone_guard.capture.field import FIELD_FRAMES
from nplusone_guard.trace import CallSite

if TYPE_CHECKING:
    from types import CodeType

# Kinds, in the order of how often a walk meets them; 0 is what it only passes.
PASS: Final = 0
PROJECT: Final = 1
FIELD: Final = 2  # renders or validates one field, node or column: part of the path
CALL: Final = 3  # one ORM call that runs one statement several times
BOUNDARY: Final = 4  # a request begins here; nothing outside belongs to it
THREAD: Final = 5  # the other end of the stack is a coroutine that waits for this thread
EXCUSE: Final = 6  # sessions and authentication
LIBRARY: Final = 7  # installed, neither framework nor project
VIEW: Final = 8  # dispatches to a method of the view that is its ``self``

#: (file below its package's parent, qualified name) → kind.
_SIGNS: Final[dict[tuple[str, str], int]] = {
    **dict.fromkeys(FIELD_FRAMES, FIELD),
    ("django/db/models/query.py", "QuerySet.bulk_create"): CALL,
    ("django/db/models/query.py", "QuerySet.bulk_update"): CALL,
    ("django/db/models/query.py", "QuerySet.in_bulk"): CALL,
    ("django/db/models/query.py", "prefetch_related_objects"): CALL,
    ("django/db/models/query.py", "QuerySet._iterator"): CALL,
    ("django/db/models/query.py", "QuerySet.aiterator"): CALL,
    ("django/db/models/deletion.py", "Collector.collect"): CALL,
    ("django/db/models/deletion.py", "Collector.delete"): CALL,
    ("django/core/handlers/base.py", "BaseHandler._get_response"): BOUNDARY,
    ("django/core/handlers/base.py", "BaseHandler._get_response_async"): BOUNDARY,
    ("django/views/generic/base.py", "View.dispatch"): VIEW,
    ("rest_framework/views.py", "APIView.dispatch"): VIEW,
    ("django/contrib/admin/options.py", "ModelAdmin.changelist_view"): VIEW,
    ("nplusone_guard/middleware.py", "GuardMiddleware.__call__"): BOUNDARY,
    ("nplusone_guard/middleware.py", "GuardMiddleware._respond_async"): BOUNDARY,
    ("nplusone_guard/suite/requests.py", "_install.<locals>.get_response"): BOUNDARY,
    ("nplusone_guard/suite/requests.py", "_install.<locals>.get_response_async"): BOUNDARY,
    ("nplusone_guard/streaming.py", "TracedStream.__next__"): BOUNDARY,
    ("nplusone_guard/streaming.py", "TracedAsyncStream.__anext__"): BOUNDARY,
    ("asgiref/sync.py", "SyncToAsync.thread_handler"): THREAD,
    ("django/contrib/auth/__init__.py", "get_user"): EXCUSE,
    ("django/contrib/auth/backends.py", "ModelBackend.get_user"): EXCUSE,
}

_FRAMEWORKS: Final = ("django", "rest_framework", "asgiref", "nplusone_guard")
_FRAMEWORK_ROOTS: Final = tuple(
    f"{Path(module.__file__).resolve().parent.parent.as_posix()}/"
    for module in (django, asgiref, nplusone_guard)
    if module.__file__
)
_STDLIB: Final = tuple(
    f"{Path(sysconfig.get_path(name)).resolve().as_posix()}/" for name in ("stdlib", "platstdlib")
)
_INSTALLED: Final = ("/site-packages/", "/dist-packages/")

#: Packages that wrap cursors or views to look at them, and so ask nothing themselves.
_INSTRUMENTS: Final = frozenset(
    (
        *("ddtrace", "debug_toolbar", "django_prometheus", "elasticapm", "logfire", "newrelic"),
        *("opentelemetry", "querycount", "scout_apm", "sentry_sdk", "silk", "wrapt", "zeal"),
    )
)

#: Instructions of a loop that run what it goes through.
_BEGIN_LOOP: Final = frozenset({"GET_ITER", "GET_AITER"})
_NEXT_OF_LOOP: Final = frozenset({"FOR_ITER", "GET_ANEXT"})
_ITERATE: Final = frozenset(
    dis.opmap[name]
    for name in (*_BEGIN_LOOP, *_NEXT_OF_LOOP, "SEND", "YIELD_VALUE", "RESUME", "END_SEND")
    if name in dis.opmap
)

Position = tuple[int | None, int | None, int | None, int | None]


class Place:
    """A position in a code object: one element of a call path, equal by identity."""

    __slots__ = ("code", "position")

    def __init__(self, code: CodeType, position: Position) -> None:
        self.code = code
        self.position = position

    def site(self) -> CallSite:
        """The place as data."""
        line, end_line, column, end_column = self.position
        return CallSite(
            file=self.code.co_filename,
            line=line or self.code.co_firstlineno,
            function=self.code.co_qualname,
            end_line=end_line,
            column=column,
            end_column=end_column,
        )


class CodeInfo:
    """A code object with its kind and the places in it that were seen."""

    __slots__ = ("_by_position", "code", "framework_path", "kind", "places")

    def __init__(self, code: CodeType) -> None:
        self.code = code
        self.framework_path, self.kind = _classify(code)
        self.places: dict[int, Place] = {}
        self._by_position: dict[object, Place] = {}

    def place(self, offset: int) -> Place:
        """The place of an instruction offset.

        The specialising interpreter moves ``f_lasti`` within one expression, so offsets of equal
        position give the same place.
        """
        position: Position = next(
            islice(self.code.co_positions(), offset // 2, None), (None, None, None, None)
        )
        if _iterates(self.code.co_code, offset):
            position = _iterables(self.code).get(position, position)
        place = self._by_position.setdefault(position, Place(self.code, position))
        self.places[offset] = place
        return place


def _iterates(instructions: bytes, offset: int) -> bool:
    """Whether the instruction at (or, in its cache, before) an offset is a loop's own."""
    while offset > 0 and not instructions[offset]:
        offset -= 2
    return offset >= 0 and instructions[offset] in _ITERATE


def _iterables(code: CodeType) -> dict[Position, Position]:
    """The position of what a loop goes through, by that of its own instructions.

    Up to Python 3.12, and in an ``async for`` in all versions, they have the position of the
    whole loop; the expression within it is that of the instruction before the loop begins.
    """
    found: dict[Position, Position] = {}
    before: Position | None = None
    iterable: Position | None = None
    for instruction in dis.get_instructions(code):
        own = instruction.positions
        position: Position | None = (*own,) if own is not None else None
        if instruction.opname in _BEGIN_LOOP:
            iterable = before
        if (
            instruction.opname in _BEGIN_LOOP | _NEXT_OF_LOOP
            and position
            and iterable
            and _is_within(iterable, position)
        ):
            found.setdefault(position, iterable)
        before = position
    return found


def _is_within(inner: Position, outer: Position) -> bool:
    """Whether a position lies within another; two loads in one instruction have the first's."""
    line, end_line, column, end_column = inner
    first, last, start, end = outer
    if None in inner or None in outer:
        return False
    return (first, start) <= (line, column) and (end_line, end_column) <= (last, end)


_known: dict[int, CodeInfo] = {}
#: Beyond this many code objects (a project that compiles code as it runs) the oldest are let go
#: of between two traces.
_MOST_KNOWN: Final = 20_000

known = _known.get


def learn(code: CodeType) -> CodeInfo:
    """What ``code`` is; from then on ``known(id(code))`` tells without a look."""
    info = _known[id(code)] = CodeInfo(code)
    return info


def forget_excess() -> None:
    """Let go of all code objects once there are too many; called before a trace begins."""
    if len(_known) > _MOST_KNOWN:
        _known.clear()


def _classify(code: CodeType) -> tuple[str | None, int]:
    """The file below its framework's parent folder if it is a framework's, and the kind."""
    file = code.co_filename.replace("\\", "/")
    framework_path = _below_framework(file)
    if framework_path is not None:
        sign = _SIGNS.get((framework_path, code.co_qualname))
        if sign is not None:
            return framework_path, sign
        if framework_path.startswith("django/contrib/sessions/"):
            return framework_path, EXCUSE
        return framework_path, PASS
    return None, _outside_framework(file)


def is_project_file(file: str) -> bool:
    """Whether a source file is the project's own: of no framework, installed nowhere."""
    file = file.replace("\\", "/")
    return _below_framework(file) is None and _outside_framework(file) == PROJECT


def _outside_framework(file: str) -> int:
    for part in _INSTALLED:
        _, found, below = file.rpartition(part)
        if found:
            return PASS if below.partition("/")[0] in _INSTRUMENTS else LIBRARY
    if file.startswith(("<frozen ", *_STDLIB, f"{sys.prefix}/lib/python")):
        return PASS
    return PROJECT


def _below_framework(file: str) -> str | None:
    for part in _INSTALLED:
        _, found, below = file.rpartition(part)
        if found:
            return below if below.partition("/")[0] in _FRAMEWORKS else None
    for root in _FRAMEWORK_ROOTS:
        if file.startswith(root):
            below = file[len(root) :]
            if below.partition("/")[0] in _FRAMEWORKS:
                return below
    return None
