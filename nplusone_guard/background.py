"""Work that is no request: a task, a message, a command; traced and reported as a request is."""

from __future__ import annotations

import logging
import random
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from nplusone_guard.conf import guard_settings
from nplusone_guard.emit import emit
from nplusone_guard.pipeline import Scope, left_alone
from nplusone_guard.trial import on_trial

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger("nplusone_guard")


@contextmanager
def traced_work(kind: str, name: str) -> Iterator[None]:
    """Trace a block as the request ``kind name``, such as ``TASK orders.tasks.bill``.

    ``ENABLED``, ``SAMPLE_RATE``, ``BUDGET`` and ``BUDGETS`` hold as for a request (the route is
    ``name``, the method ``kind``), and the report goes where theirs go.  Nothing is raised.
    """
    with ExitStack() as unsampled:
        scope = begin(kind, name, unsampled)
        try:
            yield
        except BaseException:
            if scope is not None:
                scope.abandon()
            raise
        if scope is not None:
            end(scope)


def begin(kind: str, name: str, unsampled: ExitStack) -> Scope | None:
    """An active scope, or ``None`` where nothing is traced.

    ``unsampled``: to be closed with the work; until then nothing in it is traced where
    ``SAMPLE_RATE`` has left it out.
    """
    try:
        settings = guard_settings()
        if on_trial.get() or not settings.enabled:
            return None
        if settings.sample_rate < 1.0 and random.random() >= settings.sample_rate:  # noqa: S311
            unsampled.enter_context(left_alone())
            return None
        scope = Scope(f"{kind} {name}", options=settings.options(), configured=settings.allow)
        scope.method, scope.route = kind, name
        scope.activate()
    except Exception:
        logger.exception("The guard could not begin to trace a %s.", kind.lower())
        return None
    return scope


def end(scope: Scope) -> None:
    """End a scope and hand its report on."""
    try:
        scope.deactivate()
        scope.close()
        if scope.recorder.failed:
            return  # said already
        budget = guard_settings().budget_for(scope.method or "", scope.route or "")
        scope.budget = (budget or scope.budget).override(scope.budget)
        emit(scope.finish(), may_raise=False)
    except Exception:
        logger.exception("The guard could not finish the trace of %r.", scope.label)
