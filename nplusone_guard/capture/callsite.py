"""The call path of a query: which lines of the project, and which fields, led to it.

A path is a tuple of :class:`Place` and :class:`FieldKey`, innermost first, with cycles collapsed:
of a code object that is on the stack several times only the innermost place counts, so recursion
over a tree is one path whatever its depth.

Cost: one step of the walk is an attribute read and a dict look-up by identity.  Most queries do
not walk far.  The innermost frame of interest is kept until the next query (and with it, through
``f_back``, its callers: no frame can get their addresses meanwhile).  A caller of a live frame
can't move, so once a walk meets a frame it knows (the *anchor*), the rest of the path is known.
"""

from __future__ import annotations

from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from typing import TYPE_CHECKING

from nplusone_guard.capture.awaiting import awaiting_frames
from nplusone_guard.capture.code import (
    BOUNDARY,
    CALL,
    EXCUSE,
    FIELD,
    LIBRARY,
    PROJECT,
    THREAD,
    Place,
    known,
    learn,
)
from nplusone_guard.capture.field import FieldKey, read_field

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType


Path = tuple[Place | FieldKey, ...]

#: A walk longer than this looks for an anchor further in, now and then.
_LONG_WALK = 12
_SUSPENDS = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR


class PathFinder:
    """Finds paths for one thread, and remembers just enough to find the next one fast.

    After :meth:`find`, ``frame`` is the innermost frame of interest, ``offset`` its instruction
    and ``depth`` its distance from the frame that called ``find``, if the path is wholly told by
    it (else ``depth`` is 0): while that frame stands there with the same offset, an equal
    statement has an equal path.
    """

    __slots__ = (
        "_anchor",
        "_anchor_offset",
        "_suffix",
        "_suffix_library",
        "_tries",
        "_walks",
        "call",
        "depth",
        "excused",
        "frame",
        "inner",
        "offset",
    )

    def __init__(self) -> None:
        self.release()

    def release(self) -> None:
        """Let go of every frame."""
        self.frame: FrameType | None = None
        self.inner: FrameType | None = None
        self.call: FrameType | None = None
        self.offset = -1
        self.depth = 0
        self.excused = False
        self._anchor: FrameType | None = None
        self._anchor_offset = -1
        self._suffix: tuple[Place | FieldKey, ...] = ()
        self._suffix_library: Place | None = None
        self._walks = 0
        self._tries = 1

    def find(self, start: FrameType | None) -> Path:
        """The path of the query whose wrapper was called from ``start``.

        Sets ``inner`` (the innermost frame of interest or ``None``), ``call`` (the frame of an
        ORM call that may run one statement several times) and ``excused``.
        """
        previous, anchor, anchor_offset = self.frame, self._anchor, self._anchor_offset
        elements: list[Place | FieldKey] = []
        steps: list[int] = []  # for each element, how far out its frame is
        inner: FrameType | None = None
        call: FrameType | None = None
        library: Place | None = None
        excused = False
        direct = False
        depth = inner_depth = 0
        frame = start
        while frame is not None:
            depth += 1
            if frame is anchor and frame.f_lasti == anchor_offset:
                break
            code = frame.f_code
            info = known(id(code)) or learn(code)
            kind = info.kind
            if kind:
                if kind == PROJECT:
                    offset = frame.f_lasti
                    elements.append(info.places.get(offset) or info.place(offset))
                    steps.append(depth)
                    if inner is None:
                        inner, inner_depth, direct = frame, depth, True
                elif kind == FIELD:
                    key = read_field(info, frame)
                    if key is not None:
                        elements.append(key)
                        steps.append(depth)
                        if inner is None:
                            inner, inner_depth = frame, depth
                elif kind == BOUNDARY:
                    frame = None
                    break
                elif inner is None and kind == CALL:
                    call = frame
                elif inner is None and kind == EXCUSE:
                    excused = True
                elif kind == LIBRARY and library is None:
                    library = info.places.get(frame.f_lasti) or info.place(frame.f_lasti)
                elif kind == THREAD:
                    outside, ended = _awaiting(frame)
                    elements += outside
                    steps += [depth] * len(outside)
                    if ended:
                        frame = None
                        break
            frame = frame.f_back
        if frame is not None:
            raw = (*elements, *self._suffix)
            library = library or self._suffix_library
            if depth - inner_depth > _LONG_WALK:
                self._move_anchor_in(previous, inner, elements, steps, inner_depth)
        else:
            raw = tuple(elements)
            self._set_anchor(previous, inner, raw, steps, inner_depth, library)
        self.frame = self.inner = inner
        self.call, self.excused = call, excused
        if inner is not None:
            self.offset = inner.f_lasti
            self.depth = inner_depth if direct and call is None and not excused else 0
        else:
            self.depth = 0
        if not raw:
            return (library,) if library is not None else ()
        return _collapse(raw)

    def _set_anchor(
        self,
        previous: FrameType | None,
        inner: FrameType | None,
        raw: Path,
        steps: list[int],
        inner_depth: int,
        library: Place | None,
    ) -> None:
        """Choose the frame at which the next walk may stop.

        The innermost frame that the last query's stack and this one's share, since it outlived
        the step from one to the other; at the first query the caller of the innermost frame.
        """
        self._walks, self._tries = 0, 1
        anchor, out = _shared(previous, inner)
        self._anchor = anchor
        if anchor is None:
            self._suffix, self._suffix_library = (), None
            return
        self._anchor_offset = anchor.f_lasti
        depth = inner_depth + out
        self._suffix = tuple(
            element for element, step in zip(raw, steps, strict=True) if step >= depth
        )
        self._suffix_library = library

    def _move_anchor_in(
        self,
        previous: FrameType | None,
        inner: FrameType | None,
        elements: list[Place | FieldKey],
        steps: list[int],
        inner_depth: int,
    ) -> None:
        """After the 1st, 2nd, 4th ... long walk to one anchor, try to find one further in."""
        self._walks += 1
        if self._walks < self._tries or inner is None or previous is None:
            return
        self._tries *= 2
        anchor, out = _shared(previous, inner)
        if anchor is None or anchor is self._anchor:
            return
        depth = inner_depth + out
        self._anchor, self._anchor_offset = anchor, anchor.f_lasti
        self._suffix = (
            *(element for element, step in zip(elements, steps, strict=True) if step >= depth),
            *self._suffix,
        )
        self._walks, self._tries = 0, 1


def _shared(
    previous: FrameType | None, inner: FrameType | None
) -> tuple[FrameType | None, int]:
    """The innermost frame above ``inner`` that is above ``previous`` too, and how far out it is.

    ``previous`` holds its callers, so identity is safe, as far as the first frame that can be
    suspended: such a frame lets go of its callers.
    """
    above: set[int] | None = None  # at the first query any caller will do
    frame: FrameType | None = previous
    while frame is not None:
        above = above or set()
        above.add(id(frame))
        if frame.f_code.co_flags & _SUSPENDS:
            break
        frame = frame.f_back
    out, frame = 0, inner
    while frame is not None and not frame.f_code.co_flags & _SUSPENDS:
        frame = frame.f_back
        out += 1
        if frame is None:
            break
        info = known(id(frame.f_code))
        # A field's frame stays where it is while its loop goes on to the next field.
        if (above is None or id(frame) in above) and (info is None or info.kind != FIELD):
            return frame, out
    return None, 0


def _awaiting(frame: FrameType) -> tuple[list[Place | FieldKey], bool]:
    """The places of the coroutines that wait for a worker thread's ``frame``.

    True with them if a request's boundary was met on the way.
    """
    elements: list[Place | FieldKey] = []
    for outer in awaiting_frames(frame):
        code = outer.f_code
        info = known(id(code)) or learn(code)
        if info.kind == PROJECT:
            elements.append(info.places.get(outer.f_lasti) or info.place(outer.f_lasti))
        elif info.kind == BOUNDARY:
            return elements, True
    return elements, False


def _collapse(raw: Iterable[Place | FieldKey]) -> Path:
    """Of elements with one code object (or one field) only the innermost."""
    seen: set[int | tuple[object, str]] = set()
    path: list[Place | FieldKey] = []
    for element in raw:
        identity: int | tuple[object, str] = (
            id(element.code) if element.__class__ is Place else (element[0], element[1])  # type: ignore[index, union-attr]
        )
        if identity not in seen:
            seen.add(identity)
            path.append(element)
    return tuple(path)
