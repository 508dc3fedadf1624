"""The writer: a bounded queue and a thread, so that a request never waits for a disk.

What does not fit, or can not be written, is dropped and counted; the log says so once.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import sqlite3
import threading
import time
import weakref
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from nplusone_guard.dashboard.record import record_of
from nplusone_guard.dashboard.store import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from nplusone_guard.dashboard.record import Record
    from nplusone_guard.dashboard.store import Store
    from nplusone_guard.report import Report

logger = logging.getLogger("nplusone_guard")

#: Reports that wait to be written; each holds a trace.
CAPACITY = 1_000
_BATCH = 100
_SECONDS_AT_EXIT = 3.0
#: After a fault so many seconds pass before the file is tried again: what comes meanwhile waits.
_PAUSE = 1.0


#: A report, the id to store it under, and when it was put.
_Item = tuple["Report", str, float]


class Writer:
    """Writes reports to a store, in a thread of its own that begins with the first one.

    After a fork the child begins anew, with a thread of its own and nothing of its parent's.
    """

    def __init__(self, store: Store, capacity: int = CAPACITY) -> None:
        self.store = store
        self._capacity = capacity
        self._begin()
        _writers.add(self)

    def _begin(self) -> None:
        self._queue: queue.Queue[_Item | None] = queue.Queue(self._capacity)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None
        self._inode: tuple[int, int] | None = None
        self._process = f"{os.getpid()}-{token_hex(4)}"
        self._overflown = 0
        self._failed = 0
        self._told = 0
        self._said: set[str] = set()

    @property
    def dropped(self) -> int:
        """Reports of this process that did not get into the store."""
        return self._overflown + self._failed

    def put(self, report: Report, name: str) -> bool:
        """Take a finished report to be stored under an id; ``False``: there is no room for it."""
        if self._thread is None:
            self._start()
        try:
            self._queue.put_nowait((report, name, time.time()))
        except queue.Full:
            with self._lock:
                self._overflown += 1
            self._say("requests come faster than they can be written")
            return False
        return True

    def flush(self, timeout: float = _SECONDS_AT_EXIT) -> bool:
        """Wait until all that was put is written or dropped; ``False`` where it takes longer."""
        end = time.monotonic() + timeout
        with self._queue.all_tasks_done:
            while self._queue.unfinished_tasks:
                left = end - time.monotonic()
                if left <= 0 or not self._queue.all_tasks_done.wait(left):
                    return not self._queue.unfinished_tasks
        return True

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="nplusone_guard", daemon=True)
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            taken = [self._queue.get()]
            while len(taken) < _BATCH and taken[-1] is not None:
                try:
                    taken.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            goes_on = taken[-1] is not None
            good = self._write([item for item in taken if item is not None])
            if not goes_on:
                self._close()
            for _ in taken:
                self._queue.task_done()
            if not good and goes_on:
                time.sleep(_PAUSE)

    def _write(self, batch: list[_Item]) -> bool:
        records = [record for record in map(self._record, batch) if record is not None]
        dropped = self.dropped
        if not records and dropped == self._told:
            return True
        try:
            self.store.write(
                self._opened(),
                records,
                (self._process, dropped) if dropped != self._told else None,
            )
        except Exception as error:  # noqa: BLE001  the boundary of this thread
            self._failed += len(records)
            self._close()
            self._say(str(error) if isinstance(error, StoreError) else repr(error))
            return False
        self._told = dropped
        return True

    def _record(self, item: _Item) -> Record | None:
        try:
            record = record_of(*item)
        except Exception:  # one report that can not be rendered is no reason to lose the others
            self._failed += 1
            if "render" not in self._said:
                self._said.add("render")
                logger.exception("The guard's dashboard could not render a report.")
            return None
        if record.size * 4 > self.store.max_bytes:
            self._failed += 1
            self._say("a report takes more than a quarter of MAX_BYTES")
            return None
        return record

    def _opened(self) -> sqlite3.Connection:
        """The connection, anew where the file was taken away meanwhile."""
        if self._connection is not None and self._inode != _inode(self.store.path):
            self._close()
        if self._connection is None:
            self._connection = self.store.open()
            self._inode = _inode(self.store.path)
        return self._connection

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except sqlite3.Error:
                logger.debug("The guard's store did not close.", exc_info=True)

    def _say(self, reason: str) -> None:
        """One line for each reason: the records themselves are counted, not logged."""
        if reason in self._said:
            return
        self._said.add(reason)
        logger.warning(
            "The guard's dashboard drops requests, from now on silently: %s The count is on its "
            "page; NPLUSONE_GUARD['DASHBOARD'] names the file.",
            f"{reason.rstrip('.')}.",
        )

    def stop(self, timeout: float = _SECONDS_AT_EXIT) -> None:
        """Write what waits, and how much was dropped; end the thread and close the file.

        Waits so many seconds at most.  A report that is put afterwards begins anew.
        """
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is None or not thread.is_alive():
            return
        try:
            self._queue.put(None, timeout=timeout)
        except queue.Full:
            return  # a file that has been locked all the time: the process ends without it
        thread.join(timeout)

    def forget(self) -> None:
        """In a child after a fork: neither touch nor close what is the parent's."""
        _inherited.append((self._connection, self._queue))
        self._begin()


_writers: weakref.WeakSet[Writer] = weakref.WeakSet()
#: SQLite's connections must not cross a fork, not even to be closed there.
_inherited: list[Any] = []


def _stop_all() -> None:
    for writer in list(_writers):
        writer.stop()


def _forget_all() -> None:
    for writer in list(_writers):
        writer.forget()


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


atexit.register(_stop_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
