"""Celery: each task a trace, as a request is.

One line, next to where the Celery app is made::

    import nplusone_guard.integrations.celery

A report is labelled ``TASK orders.tasks.bill``, and so ``BUDGETS`` knows it.  A task that another
one runs eagerly has a report of its own, and counts in the other's too.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from celery.signals import task_postrun, task_prerun

from nplusone_guard.background import begin, end

if TYPE_CHECKING:
    from nplusone_guard.pipeline import Scope

#: By the id of the run, the last one last: a task that is retried at once has its own id again.
#: One that never ends (its worker is killed) ends with its process.
_open: dict[str, list[tuple[Scope | None, ExitStack]]] = {}


@task_prerun.connect(weak=False, dispatch_uid="nplusone_guard")
def _begin(task_id: str, task: Any, **_: Any) -> None:
    unsampled = ExitStack()
    _open.setdefault(task_id, []).append((begin("TASK", task.name, unsampled), unsampled))


@task_postrun.connect(weak=False, dispatch_uid="nplusone_guard")
def _end(task_id: str, **_: Any) -> None:
    runs = _open.get(task_id)
    if not runs:
        return
    scope, unsampled = runs.pop()
    if not runs:
        del _open[task_id]
    if scope is not None:
        end(scope)
    with suppress(ValueError):  # a task that ends in another context than it began in
        unsampled.close()
