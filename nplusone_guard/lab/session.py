"""The one place that replaces a method of the ORM: for the length of a run, and its context only.

``QuerySet._fetch_all``, ``QuerySet._iterator`` and ``QuerySet.aiterator`` (and what a raw queryset
has of them) are what evaluates a queryset to rows.  While a session is entered they look up
whether the queryset is to be changed; in any other context they do what they did.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import CO_ASYNC_GENERATOR
from threading import Lock
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.db.models.query import RawQuerySet

from nplusone_guard.lab.origin import origin_at, place_of, statement_of
from nplusone_guard.trial import on_trial

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping
    from types import FrameType

    from nplusone_guard.lab.origin import Origin, Place

    #: A queryset and where it is evaluated, once its rows are there.
    Note = Callable[[Any, Origin, FrameType], None]

#: The rows of a chunk that an iterator() without a chunk_size would have Django prefetch for.
_CHUNK = 2_000

#: What the changes of a queryset are kept in.
_CHANGED = ("query", "_prefetch_related_lookups")

_current: ContextVar[Session | None] = ContextVar("nplusone_guard_lab", default=None)
_lock = Lock()
_entered = 0
_originals: list[tuple[type, str, Any]] = []


class Session:
    """One run: which querysets are changed and how, and what became of them.

    ``changes``: by origin, what makes the changed queryset of one.  ``met``: the origins that
    were evaluated and changed.  ``refused``: why the ORM would not take a change, by origin.
    ``note``: told of each queryset that was evaluated.
    """

    def __init__(
        self, changes: Mapping[Origin, Callable[[Any], Any]], note: Note | None = None
    ) -> None:
        self._changes = changes
        self._places = {origin.place for origin in changes}
        self._note = note
        self.met: set[Origin] = set()
        self.refused: dict[Origin, str] = {}

    @contextmanager
    def changed(self, queryset: Any, frame: FrameType) -> Iterator[None]:
        """Change a queryset for as long as it fetches."""
        origin = self._origin(queryset, frame)
        made = self._made(queryset, origin) if origin is not None else None
        if made is not None:
            before = {name: getattr(queryset, name) for name in _CHANGED}
            for name in _CHANGED:
                setattr(queryset, name, getattr(made, name))
        try:
            yield
        finally:
            if made is not None:
                for name in _CHANGED:
                    setattr(queryset, name, before[name])
        if self._note is not None and origin is not None:
            self._note(queryset, origin, frame)

    def _origin(self, queryset: Any, frame: FrameType) -> Origin | None:
        if self._note is None and not self._changes:
            return None
        place = place_of(frame)
        if frame.f_code.co_flags & CO_ASYNC_GENERATOR:
            place = self._in_thread(place)
        if self._note is None and place not in self._places:
            return None
        try:
            return origin_at(queryset, place)
        except Exception:  # noqa: BLE001  the call's own mistake, which it raises itself
            return None

    def _in_thread(self, place: Place) -> Place:
        """The place as the worker thread sees it that runs the query of a coroutine.

        On that thread's stack the caller of the event loop may follow.
        """
        path, field = place
        for known in self._places:
            if known[0][: len(path)] == path and known[1] == field:
                return known
        return place

    def _made(self, queryset: Any, origin: Origin) -> Any:
        change = self._changes.get(origin)
        if change is None:
            return None
        try:
            made = change(queryset)
            statement_of(made)  # a join over a deferred key is refused here
        except Exception as error:  # noqa: BLE001  whatever the ORM says against it
            self.refused[origin] = f"{type(error).__name__}: {error}"
            return None
        self.met.add(origin)
        return made


@contextmanager
def entered(session: Session) -> Iterator[None]:
    """Let the querysets of this context be changed as the session says."""
    _install()
    token, trial = _current.set(session), on_trial.set(True)
    try:
        yield
    finally:
        on_trial.reset(trial)
        _current.reset(token)
        _uninstall()


def in_session() -> bool:
    """Whether the running context is within a session."""
    return _current.get() is not None


def _install() -> None:
    global _entered  # noqa: PLW0603  how many sessions are entered, in all threads
    with _lock:
        _entered += 1
        if _entered > 1:
            return
        for cls, name, wrap in (
            (QuerySet, "_fetch_all", _fetching),
            (RawQuerySet, "_fetch_all", _fetching),
            (QuerySet, "_iterator", _iterating),
            (QuerySet, "aiterator", _iterating_async),
        ):
            original = cls.__dict__[name]
            _originals.append((cls, name, original))
            setattr(cls, name, wrap(original))


def _uninstall() -> None:
    global _entered  # noqa: PLW0603  the same
    with _lock:
        _entered -= 1
        while not _entered and _originals:
            cls, name, original = _originals.pop()
            setattr(cls, name, original)


def _fetching(original: Callable[[Any], None]) -> Callable[[Any], None]:
    def _fetch_all(self: Any) -> None:
        session = _current.get()
        if session is None or self._result_cache is not None:
            original(self)
            return
        with session.changed(self, sys._getframe(1)):  # noqa: SLF001
            original(self)

    return _fetch_all


def _iterating(original: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    def _iterator(self: Any, use_chunked_fetch: Any, chunk_size: Any) -> Iterator[Any]:
        session = _current.get()
        if session is None:
            yield from original(self, use_chunked_fetch, chunk_size)
            return
        own = self._chain()  # what waits between two rows is nobody else's queryset
        with session.changed(own, sys._getframe()):  # noqa: SLF001
            if chunk_size is None and own._prefetch_related_lookups:  # noqa: SLF001
                chunk_size = _CHUNK
            yield from original(own, use_chunked_fetch, chunk_size)

    return _iterator


def _iterating_async(
    original: Callable[..., AsyncIterator[Any]],
) -> Callable[..., AsyncIterator[Any]]:
    async def aiterator(self: Any, chunk_size: int = _CHUNK) -> AsyncIterator[Any]:
        session = _current.get()
        if session is None:
            async for row in original(self, chunk_size):
                yield row
            return
        own = self._chain()
        with session.changed(own, sys._getframe()):  # noqa: SLF001
            async for row in original(own, chunk_size):
                yield row

    return aiterator
