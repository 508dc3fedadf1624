"""From a worker thread back to the coroutine that waits for it.

Under async the ORM runs in a thread whose stack ends at asgiref's
``SyncToAsync.thread_handler``: the awaiting code is not on it.  That frame names its event loop
and its ``SyncToAsync``; the awaiting task is the one whose chain of awaits ends in a call of that
very object.  The scope's own task is looked at first: searching all tasks costs about 1 µs each.
A thread can be faster than the coroutine that is about to wait for it: that one still runs, and
its frames are on the stack of the loop's thread.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from contextvars import ContextVar
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from time import sleep
from typing import TYPE_CHECKING, Any
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

#: The task in which the current trace began.
own_task: ContextVar[ref[asyncio.Task[Any]] | None] = ContextVar("own_task", default=None)

#: A chain of awaits longer than this is cut: it would be a cycle.
_LONGEST = 1_000
_LOOKS = 4
_SUSPENDS = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR


def remember_task() -> None:
    """Note the running task, if any, as the one to look at first.

    A worker thread runs none: what its context has inherited stays.
    """
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return
    if task is not None:
        own_task.set(ref(task))


def awaiting_frames(handler: FrameType) -> list[FrameType]:
    """The frames that wait for the thread of ``handler``, innermost first; often none."""
    names = handler.f_locals
    caller, loop = names.get("self"), names.get("loop")
    if caller is None or loop is None:
        return []
    own = own_task.get()
    first = own() if own is not None else None
    for _ in range(_LOOKS):
        found = _suspended(loop, first, caller) or _running(first, caller)
        if found:
            return found
        sleep(0)  # it was about to be suspended, from the inside outward: let it get there
    return []


def _suspended(
    loop: asyncio.AbstractEventLoop, first: asyncio.Task[Any] | None, caller: object
) -> list[FrameType]:
    """The frames of the task that waits for ``caller``."""
    chain: list[FrameType] = []
    if first is not None:
        chain = _chain(first)
        if _waits_for(chain, caller):
            return chain[::-1]
    for task in asyncio.all_tasks(loop):
        if task is first:
            continue
        found = _chain(task)
        if _waits_for(found, caller):
            # A coroutine that gather() runs directly has no caller of its own: the frames of
            # the scope's own task stand outside it.
            return [*found[::-1], *chain[::-1]]
    return []


def _running(first: asyncio.Task[Any] | None, caller: object) -> list[FrameType]:
    """The frames of the coroutine that runs ``caller``, in whatever thread, at this moment."""
    for stack in sys._current_frames().values():  # noqa: SLF001  documented, for debuggers
        frame: FrameType | None = stack
        while frame is not None and not _calls(frame, caller):
            frame = frame.f_back
        found: list[FrameType] = []
        while frame is not None and frame.f_code.co_flags & _SUSPENDS:
            found.append(frame)
            frame = frame.f_back
        if found and frame is not None:  # a chain that the loop's own frames no longer bear is cut
            chain = _chain(first) if first is not None else []
            return found if chain[:1] == found[-1:] else [*found, *chain[::-1]]
    return []


def _waits_for(chain: list[FrameType], caller: object) -> bool:
    return any(_calls(frame, caller) for frame in reversed(chain[-3:]))


def _calls(frame: FrameType, caller: object) -> bool:
    return frame.f_code.co_name == "__call__" and frame.f_locals.get("self") is caller


def _chain(task: asyncio.Task[Any]) -> list[FrameType]:
    """The suspended frames of a task, outermost first."""
    return list(_frames(task.get_coro()))


def _frames(awaitable: Any) -> Iterator[FrameType]:
    for _ in range(_LONGEST):
        if awaitable is None:
            return
        frame = getattr(awaitable, "cr_frame", None) or getattr(awaitable, "ag_frame", None)
        if frame is not None:
            yield frame
            awaitable = getattr(awaitable, "cr_await", None) or getattr(awaitable, "ag_await", None)
        elif type(awaitable).__name__ in {"async_generator_asend", "coroutine_wrapper"}:
            # Neither names what it runs, but both refer to it.
            awaitable = next(
                (
                    item
                    for item in gc.get_referents(awaitable)
                    if hasattr(item, "ag_frame") or hasattr(item, "cr_frame")
                ),
                None,
            )
        else:
            return
