"""The wrapper on every connection: those that are open, and each new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.apps import apps
from django.core.signals import request_started
from django.db import connections
from django.db.backends.signals import connection_created

from nplusone_guard.capture.recorder import observe
from nplusone_guard.capture.scope import active

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def attach() -> None:
    """Put the wrapper on the connections of this thread and of all that are made from now on.

    Cheap to repeat.  It stands at index 0, outermost: ``connection.execute_wrapper()`` takes off
    the last wrapper when it ends, which must not be ours.
    """
    if not _listens:
        _listen()
    for connection in connections.all(initialized_only=True):
        _put(connection)


#: Whether the receivers are connected.  Not asked of the signals: each ``connect()`` of one that
#: is connected already leaves a finalizer behind, and a process of many requests grew by it.
_listens: list[bool] = []


def _listen() -> None:
    connection_created.connect(
        _on_connection_created, weak=False, dispatch_uid="nplusone_guard.attach"
    )
    request_started.connect(_on_request_started, weak=False, dispatch_uid="nplusone_guard.requests")
    _listens.append(True)


async def attach_in_thread() -> None:
    """The same for the thread that runs the ORM of this coroutine.

    Needed where that thread may have connected before any attaching: without the app.
    """
    if not (apps.ready and apps.is_installed("nplusone_guard")):
        await sync_to_async(attach)()


def _put(connection: BaseDatabaseWrapper) -> None:
    wrappers = connection.execute_wrappers
    if observe not in wrappers:
        wrappers.insert(0, observe)


def _on_connection_created(connection: BaseDatabaseWrapper, **_: Any) -> None:
    _put(connection)


def _on_request_started(**_: Any) -> None:
    """A request within an open scope (a test client's): what repeats across two is no loop."""
    recorder = active.get()
    if recorder is not None:
        recorder.requests += 1
