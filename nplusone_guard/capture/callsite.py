"""The call path of a query: which lines of the project, and which fields, led to it.

A path is a tuple of :class:`Place` and :class:`FieldKey`, innermost first, with cycles collapsed:
of a code object that is on the stack several times only the innermost place counts, so recursion
over a tree is one path whatever its depth.

A full walk costs some microseconds, so a statement that comes a second time gets a :class:`Memo`.
It keeps one frame, the *anchor*, and how far out it stood.  A caller of a live frame can't move:
while the anchor stands where it stood, the path beyond it is the same, and only the few frames of
interest this side of it (the *marks*) are to be compared.  An anchor that has ended gives way to
the innermost frame that outlived it, so that after a row or two it is the frame of the loop.
"""

from __future__ import annotations

from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from sys import _getframe
from typing import TYPE_CHECKING, Any, NamedTuple

from nplusone_guard.capture.awaiting import awaiting_frames
from nplusone_guard.capture.code import (
    BOUNDARY,
    CALL,
    EXCUSE,
    FIELD,
    LIBRARY,
    PROJECT,
    THREAD,
    VIEW,
    Place,
    known,
    learn,
)
from nplusone_guard.capture.field import FieldKey, read_field, subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import CodeType, FrameType

    from nplusone_guard.capture.group import Group

Path = tuple[Place | FieldKey, ...]

_SUSPENDS = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR
#: A memo whose anchor had to move this often is given up.
_MOST_MOVES = 16


class Mark(NamedTuple):
    """A frame of interest: how far out, its code, and what must be there again.

    ``local`` names the local variable to compare (a field), else the place is compared.
    """

    depth: int
    code: CodeType
    expected: object
    local: str | None
    places: dict[int, Place]


class Found(NamedTuple):
    """What a walk found.

    ``inner`` is the innermost frame of interest; ``call`` that of an ORM call which may run one
    statement several times; ``marks`` the frames of interest on this thread's own stack; ``outer``
    the frame that knows the view, for :func:`view_of`.
    """

    path: Path
    inner: FrameType | None
    call: FrameType | None
    excused: bool
    marks: tuple[Mark, ...]
    outer: FrameType | None = None


def find(start: FrameType | None) -> Found:  # noqa: PLR0915  long to be fast
    """The path of the query whose wrapper was called from ``start``."""
    elements: list[Place | FieldKey] = []
    marks: list[Mark] = []
    inner: FrameType | None = None
    call: FrameType | None = None
    library: Place | None = None
    outer: FrameType | None = None
    excused = in_thread = False
    depth = 0
    frame = start
    while frame is not None:
        depth += 1
        code = frame.f_code
        info = known(id(code)) or learn(code)
        kind = info.kind
        if kind:
            if kind == PROJECT:
                place = info.places.get(frame.f_lasti) or info.place(frame.f_lasti)
                elements.append(place)
                inner = inner or frame
                if not in_thread:
                    marks.append(Mark(depth, code, place, None, info.places))
            elif kind == FIELD:
                key = read_field(info, frame)
                if key is not None:
                    elements.append(key)
                    inner = inner or frame
                    if not in_thread:
                        name = subject(info)
                        value = frame.f_locals.get(name)
                        marks.append(Mark(depth, code, value, name, info.places))
            elif kind == BOUNDARY:
                outer = outer or frame
                break
            elif kind == VIEW:
                outer = outer or frame
            elif inner is None and kind == CALL:
                call = frame
            elif inner is None and kind == EXCUSE:
                excused = True
            elif kind == LIBRARY and library is None:
                library = info.places.get(frame.f_lasti) or info.place(frame.f_lasti)
            elif kind == THREAD:
                in_thread = True
                outside, ended, waiting = _awaiting(frame)
                elements += outside
                outer = outer or waiting
                if ended:
                    break
        frame = frame.f_back
    if not elements:
        path: Path = (library,) if library is not None else ()
    else:
        path = _collapse(elements)
    return Found(path, inner, call, excused, tuple(marks), outer)


class Memo:
    """How to know, without a walk, that a statement comes from its path again."""

    __slots__ = ("anchor", "connection", "depth", "group", "marks", "moves", "offset")

    def __init__(self, found: Found, group: Group, connection: Any) -> None:
        self.group = group
        self.connection = connection
        self.moves = 0
        self.anchor: FrameType | None = None
        self.offset = -1
        self.depth = 0
        self.marks: tuple[Mark, ...] = ()
        self.move(found, group)

    def move(self, found: Found, group: Group) -> None:
        """Anchor anew after the statement came from where the memo did not expect it."""
        inner = found.inner
        self.group = group
        self.moves += 1
        if inner is None or found.call is not None or found.excused or self.moves > _MOST_MOVES:
            self._drop_to(None)
            return
        if not found.marks:
            # The project's frames are all beyond a thread's end, where they stand still while the
            # coroutine in between goes on.
            self._drop_to(None)
            return
        anchor, out = _outlived(self.anchor, inner)
        self._drop_to(anchor)
        if anchor is not None:
            self.depth = found.marks[0].depth + out
            self.marks = tuple(mark for mark in found.marks if mark.depth < self.depth)

    def _drop_to(self, anchor: FrameType | None) -> None:
        self.anchor = anchor
        self.offset = anchor.f_lasti if anchor is not None else -1
        self.depth = 0
        self.marks = ()


def unchanged(marks: tuple[Mark, ...]) -> bool:
    """Whether the frames of interest stand where they stood; called by the wrapper itself."""
    for depth, code, expected, local, places in marks:
        frame = _getframe(depth + 1)
        if frame.f_code is not code:
            return False
        if local is None:
            if places.get(frame.f_lasti) is not expected:
                return False
        elif frame.f_locals.get(local) is not expected:
            return False
    return True


def _outlived(before: FrameType | None, inner: FrameType) -> tuple[FrameType | None, int]:
    """The innermost frame from ``inner`` outward that stood above ``before`` too, and how far out.

    Without a ``before`` it is ``inner`` itself.  A frame holds its callers as long as it has not
    been suspended, so that none of them can have lent its address to another; a field's frame
    stays where it is while its loop goes on to the next field, and is passed over.
    """
    above: set[int] | None = None
    frame: FrameType | None = before
    while frame is not None:
        above = above or set()
        above.add(id(frame))
        if frame.f_code.co_flags & _SUSPENDS:
            break
        frame = frame.f_back
    out = 0
    frame = inner
    while frame is not None:
        info = known(id(frame.f_code))
        kind = info.kind if info is not None else 0
        if kind in {BOUNDARY, THREAD}:
            break
        if kind != FIELD and (above is None or id(frame) in above):
            return frame, out
        frame = frame.f_back
        out += 1
    return None, 0


def _awaiting(frame: FrameType) -> tuple[list[Place | FieldKey], bool, FrameType | None]:
    """The places of the coroutines that wait for a worker thread's ``frame``.

    With them whether a request's boundary was met on the way, and the frame that knows the view.
    """
    elements: list[Place | FieldKey] = []
    view: FrameType | None = None
    for outer in awaiting_frames(frame):
        code = outer.f_code
        info = known(id(code)) or learn(code)
        if info.kind == PROJECT:
            elements.append(info.places.get(outer.f_lasti) or info.place(outer.f_lasti))
        elif info.kind == VIEW:
            view = view or outer
        elif info.kind == BOUNDARY:
            return elements, True, view or outer
    return elements, False, view


def view_of(outer: FrameType | None) -> object:
    """The class or function of the view: of the one that is dispatching, or was resolved to.

    ``None`` where ``as_view()`` was given what the class's own attributes do not tell.
    """
    if outer is None:
        return None
    names = outer.f_locals
    callback = names.get("callback")
    if callback is None:
        info = known(id(outer.f_code))
        view = names.get("self")
        if info is None or info.kind != VIEW or _is_changed(getattr(view, "__dict__", {})):
            return None
        return type(view)
    for name in ("cls", "view_class", "model_admin"):
        found = getattr(callback, name, None)
        if found is not None:
            given = getattr(callback, "view_initkwargs", getattr(callback, "initkwargs", None))
            if given and _is_changed(given):
                return None
            return found if isinstance(found, type) else type(found)
    return callback


def _is_changed(given: Mapping[str, Any]) -> bool:
    return "queryset" in given or ("model" in given and "admin_site" not in given)


def _collapse(elements: Iterable[Place | FieldKey]) -> Path:
    """Of elements with one code object (or one field) only the innermost."""
    path: dict[object, Place | FieldKey] = {}
    for element in elements:
        if isinstance(element, Place):
            path.setdefault(id(element.code), element)
        else:
            path.setdefault((element.owner, element.name), element)
    return tuple(path.values())
