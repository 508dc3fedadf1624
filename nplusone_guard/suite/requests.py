"""Each request that a test sends, whoever sends it: a test client, or a server in a thread.

Django's handlers are one class with one method in front of the middleware, ``get_response`` (and
``get_response_async``): the clients of Django and DRF, ``LiveServerTestCase`` and the servers all
pass through it.  It is replaced while somebody observes, so that no setting has to name the guard.
"""

from __future__ import annotations

import functools
import logging
from threading import RLock
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

from django.core.handlers.base import BaseHandler
from django.test.client import AsyncClientHandler, ClientHandler

from nplusone_guard.capture.attach import attach_in_thread
from nplusone_guard.conf import guard_settings
from nplusone_guard.errors import GuardError
from nplusone_guard.pipeline import Scope
from nplusone_guard.streaming import TracedAsyncStream, TracedStream
from nplusone_guard.trial import on_trial
from nplusone_guard.view_budget import declared_budgets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from nplusone_guard.allow import Allowance
    from nplusone_guard.report import Report

logger = logging.getLogger("nplusone_guard")


class Sender(Protocol):
    """Who sent a request, as an observer knows it when the request begins."""

    @property
    def accepted(self) -> Iterable[Allowance]:
        """What is accepted in its requests."""


class Observer(Protocol):
    """Who is told of each request."""

    def sender(self) -> Sender | None:
        """Who sends a request that begins now."""

    def observe(self, report: Report, sender: Any, *, may_raise: bool) -> None:
        """Take a finished report, and what :meth:`sender` gave for it.

        ``may_raise``: whether an exception reaches the test where it sent the request; in a
        server's thread, or after a failure of the view's own, it does not.
        """


_lock = RLock()
_observers: list[Observer] = []
_originals: dict[str, Any] = {}
#: Whom to tell of an open request, since a stream and a server's thread may outlast their test.
_told: WeakKeyDictionary[Scope, list[tuple[Observer, Any]]] = WeakKeyDictionary()


def add_observer(observer: Observer) -> None:
    """Tell it of each request from now on."""
    with _lock:
        if not _observers:
            _install()
        _observers.append(observer)


def remove_observer(observer: Observer) -> None:
    """Tell it no more."""
    with _lock:
        _observers.remove(observer)
        if not _observers:
            _uninstall()


def _install() -> None:
    sync_original = _originals["get_response"] = BaseHandler.get_response
    async_original = _originals["get_response_async"] = BaseHandler.get_response_async

    @functools.wraps(sync_original)
    def get_response(handler: BaseHandler, request: HttpRequest) -> HttpResponseBase:
        __tracebackhide__ = True
        scope = _begin(request)
        if scope is None:
            return sync_original(handler, request)
        try:
            response = sync_original(handler, request)
        except BaseException:
            scope.abandon()
            raise
        return _end(handler, scope, request, response)

    @functools.wraps(async_original)
    async def get_response_async(handler: BaseHandler, request: HttpRequest) -> HttpResponseBase:
        __tracebackhide__ = True
        await _attach_in_thread()
        scope = _begin(request)
        if scope is None:
            return await async_original(handler, request)
        try:
            response = await async_original(handler, request)
        except BaseException:
            scope.abandon()
            raise
        return _end(handler, scope, request, response)

    BaseHandler.get_response = get_response  # type: ignore[method-assign, assignment]
    BaseHandler.get_response_async = get_response_async  # type: ignore[method-assign, assignment]


def _uninstall() -> None:
    for name, original in _originals.items():
        setattr(BaseHandler, name, original)
    _originals.clear()


async def _attach_in_thread() -> None:
    try:
        await attach_in_thread()
    except Exception:
        logger.exception("The guard could not attach to the connections of a request's thread.")


def _begin(request: HttpRequest) -> Scope | None:
    try:
        settings = guard_settings()
        if on_trial.get() or settings.is_excluded(request.path):
            return None
        told = [(observer, observer.sender()) for observer in tuple(_observers)]
        accepted = [each for _, sender in told if sender is not None for each in sender.accepted]
        scope = Scope(
            f"{request.method} {request.path}",
            options=settings.options(),
            configured=(*settings.allow, *accepted),
        )
        scope.method = request.method
        _told[scope] = told
        scope.activate()
    except Exception:
        logger.exception("The guard could not begin to trace a request.")
        return None
    return scope


def _end(
    handler: BaseHandler, scope: Scope, request: HttpRequest, response: HttpResponseBase
) -> HttpResponseBase:
    """The response, its trace finished now, or where its stream ends: there its queries run."""
    __tracebackhide__ = True
    scope.deactivate()
    scope.status = response.status_code
    may_raise = (
        isinstance(handler, (ClientHandler, AsyncClientHandler)) and response.status_code < 500  # noqa: PLR2004
    )
    finish = functools.partial(_finish, scope, request)
    if not response.streaming or getattr(response, "file_to_stream", None) is not None:
        finish(may_raise=may_raise)
        return response
    traced = TracedAsyncStream if response.is_async else TracedStream  # type: ignore[attr-defined]
    stream = traced(
        response.streaming_content,  # type: ignore[attr-defined]
        scope,
        functools.partial(finish, may_raise=may_raise),
    )
    response.streaming_content = stream  # type: ignore[attr-defined]
    return response


def _finish(scope: Scope, request: HttpRequest, *, may_raise: bool) -> None:
    __tracebackhide__ = True
    report = _report(scope, request)
    if report is None:
        return
    raised: list[GuardError] = []
    for observer, sender in _told.pop(scope, ()):
        try:
            observer.observe(report, sender, may_raise=may_raise)
        except GuardError as error:  # the others are told all the same
            raised.append(error)
        except Exception:
            logger.exception("The guard could not take in a request.")
    if raised:
        raise raised[0]


def _report(scope: Scope, request: HttpRequest) -> Report | None:
    """The finished report, held to what the settings and the view say; ``None`` after a fault."""
    try:
        scope.close()
        if scope.recorder.failed:
            return None  # said already
        match = request.resolver_match
        if match is not None:
            scope.route = match.route
            for budget in declared_budgets(match.func, request.method or ""):
                scope.budget = scope.budget.override(budget)
        settings = guard_settings()
        configured = settings.budget_for(scope.method or "", scope.route or "")
        scope.budget = (configured or scope.budget).override(scope.budget)
        return scope.finish()
    except Exception:
        logger.exception("The guard could not finish the trace of a request.")
        return None
