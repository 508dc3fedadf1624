"""Time and rows of the fetch, counted at the cursor of one query.

A traced ``CursorWrapper`` becomes an instance of a subclass made for its class; Django's classes
stay as they are.  The subclass has real ``fetch*`` methods where ``CursorWrapper`` finds them
through ``__getattr__`` anew for each call, which pays for most of the counting.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from django.db.backends.utils import CursorWrapper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nplusone_guard.capture.group import Group

_FETCHES = ("fetchone", "fetchmany", "fetchall", "__iter__", "__getattr__")


class _Counting(CursorWrapper):
    """The fetches, with a clock.  ``_guard_group`` is set before each execute."""

    _guard_group: Group

    def fetchone(self, *args: Any) -> Any:
        start = perf_counter()
        with self.db.wrap_database_errors:
            row = self.cursor.fetchone(*args)
        group = self._guard_group
        group.seconds += perf_counter() - start
        if row is not None:
            group.rows += 1
        return row

    def fetchmany(self, *args: Any, **kwargs: Any) -> Any:
        start = perf_counter()
        with self.db.wrap_database_errors:
            rows = self.cursor.fetchmany(*args, **kwargs)
        group = self._guard_group
        group.seconds += perf_counter() - start
        if rows:
            group.rows += len(rows)
        return rows

    def fetchall(self, *args: Any) -> Any:
        start = perf_counter()
        with self.db.wrap_database_errors:
            rows = self.cursor.fetchall(*args)
        group = self._guard_group
        group.seconds += perf_counter() - start
        if rows:
            group.rows += len(rows)
        return rows

    def __iter__(self) -> Iterator[Any]:
        with self.db.wrap_database_errors:
            rows = iter(self.cursor)
            while True:
                start = perf_counter()
                try:
                    row = next(rows)
                except StopIteration:
                    return
                finally:
                    self._guard_group.seconds += perf_counter() - start
                self._guard_group.rows += 1
                yield row


_counting: dict[type, type | None] = {}


def counting_class(cls: type) -> type | None:
    """The counting subclass of a cursor wrapper's class.

    ``None`` where the class fetches in a way of its own: its rows are then not counted, rather
    than its behaviour changed.
    """
    try:
        return _counting[cls]
    except KeyError:
        made: type | None
        if issubclass(cls, _Counting):
            made = cls
        elif issubclass(cls, CursorWrapper) and all(
            getattr(cls, name, None) is getattr(CursorWrapper, name, None) for name in _FETCHES
        ):
            made = type(cls.__name__, (_Counting, cls), {"__module__": cls.__module__})
        else:
            made = None
        _counting[cls] = made
        return made
