"""Celery: each task a trace, as a request is.

One line, next to where the Celery app is made::

    import nplusone_guard.integrations.celery

A report is labelled ``TASK orders.tasks.bill``, and so ``BUDGETS`` knows it.  A task that another
one runs eagerly has a report of its own, and counts in the other's too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery.signals import task_postrun, task_prerun

from nplusone_guard.background import begin, end

if TYPE_CHECKING:
    from nplusone_guard.pipeline import Scope

#: By the id of the run; a task that never ends (its worker is killed) ends with its process.
_open: dict[str, Scope] = {}


@task_prerun.connect(weak=False, dispatch_uid="nplusone_guard")
def _begin(task_id: str, task: Any, **_: Any) -> None:
    scope = begin("TASK", task.name)
    if scope is not None:
        _open[task_id] = scope


@task_postrun.connect(weak=False, dispatch_uid="nplusone_guard")
def _end(task_id: str, **_: Any) -> None:
    scope = _open.pop(task_id, None)
    if scope is not None:
        end(scope)
