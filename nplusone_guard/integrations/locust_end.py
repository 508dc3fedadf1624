"""The end of a distributed test: each worker stops and reports before the master goes on.

Locust's master waits half a second for last reports.  What ends later, with ``--stop-timeout`` or
on a busy worker, would be missing from its tables and from ours, and no gate would see it.
"""

from __future__ import annotations

import logging
from typing import Any

import gevent
from locust.runners import MasterRunner, WorkerRunner

logger = logging.getLogger("nplusone_guard")

_STOP = "nplusone_guard.stop"
_STOPPED = "nplusone_guard.stopped"
#: Seconds that a worker may take beyond ``--stop-timeout``.
_PATIENCE = 10.0


def collect(environment: Any) -> None:
    """On a master: ask and wait when the test stops.  On a worker: answer."""
    runner = environment.runner
    if isinstance(runner, WorkerRunner):
        runner.register_message(_STOP, _stop, concurrent=True)  # it waits for users
    elif isinstance(runner, MasterRunner):
        _Master(runner).listen(environment.events)


def _stop(environment: Any, **_: Any) -> None:
    runner = environment.runner
    runner.stop()
    data: dict[str, Any] = {}
    environment.events.report_to_master.fire(client_id=runner.client_id, data=data)
    runner.send_message("stats", data)  # as locust does every three seconds
    runner.send_message(_STOPPED)


class _Master:
    def __init__(self, runner: Any) -> None:
        self._runner = runner
        self._stopped: set[str] = set()

    def listen(self, events: Any) -> None:
        self._runner.register_message(_STOPPED, self._on_stopped)
        events.test_stopping.add_listener(self._on_stopping)

    def _on_stopped(self, msg: Any, **_: Any) -> None:
        self._stopped.add(msg.node_id)

    def _on_stopping(self, environment: Any, **_: Any) -> None:
        self._stopped.clear()
        self._runner.send_message(_STOP)
        limit = (environment.stop_timeout or 0.0) + _PATIENCE
        with gevent.Timeout(limit, False):  # noqa: FBT003  it raises nothing
            while self._missing():
                gevent.sleep(0.02)
        if missing := self._missing():
            logger.warning(
                "%d of the workers did not report within %g s; what they saw since their last "
                "report is missing.",
                len(missing),
                limit,
            )

    def _missing(self) -> set[str]:
        """Who has not answered, of those that are still there."""
        present = {each.id for each in self._runner.clients.all if each.state != "missing"}
        return present - self._stopped
