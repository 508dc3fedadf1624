"""A plugin of locust: queries and database time of each endpoint, and gates.

One line in a locustfile is all: ``import nplusone_guard.integrations.locust``.  It reads the
headers ``X-Guard-Queries`` and ``Server-Timing`` that the middleware sends with ``HEADERS`` on.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

try:
    from locust import events
    from locust.runners import MasterRunner, WorkerRunner
except ImportError as error:
    raise ImportError(
        "nplusone_guard.integrations.locust needs locust: pip install 'nplusone-guard[locust]'"
    ) from error

from nplusone_guard.integrations.locust_end import collect
from nplusone_guard.integrations.locust_web import extend
from nplusone_guard.load import tables
from nplusone_guard.load.gates import Gate, Gates
from nplusone_guard.load.measures import Measures, read

if TYPE_CHECKING:
    import argparse

    from locust.env import Environment

logger = logging.getLogger("nplusone_guard")
console = logging.getLogger("locust.stats_logger")  # prints lines as they are

_REPORT = "nplusone_guard"
_registered: list[bool] = []


def register() -> None:
    """Add the plugin to every environment that locust makes from now on, once."""
    if not _registered:
        _registered.append(True)
        events.init_command_line_parser.add_listener(_add_options)
        events.init.add_listener(_begin)


def _add_options(parser: argparse.ArgumentParser, **_: Any) -> None:
    group = parser.add_argument_group("nplusone_guard", "queries and database time of responses")
    group.add_argument(
        "--guard-max-queries",
        type=int,
        metavar="N",
        help="Fail (exit code 1) when a response of any endpoint ran more queries.",
    )
    group.add_argument(
        "--guard-p95-ms",
        type=float,
        metavar="MS",
        help="Fail when 95 %% of the responses of any endpoint took longer.",
    )
    group.add_argument(
        "--guard-max-fail-ratio",
        type=float,
        metavar="RATIO",
        help="Fail when a larger share of an endpoint's requests failed, from 0 to 1.",
    )
    group.add_argument(
        "--guard-gates",
        metavar="FILE",
        default="",
        help='A TOML file of such limits by endpoint: ["GET /orders/"] with max_queries, p95_ms, '
        "max_fail_ratio; [default] for all.",
    )
    for form in ("csv", "json", "html"):
        group.add_argument(
            f"--guard-{form}",
            metavar="FILE",
            default="",
            help=f"Write the table as {form.upper()}.",
        )


def _begin(environment: Environment, **_: Any) -> None:
    options = environment.parsed_options
    default = Gate(
        getattr(options, "guard_max_queries", None),
        getattr(options, "guard_p95_ms", None),
        getattr(options, "guard_max_fail_ratio", None),
    )
    file = getattr(options, "guard_gates", "")
    try:
        gates = Gates.read(Path(file) if file else None, default)
    except ValueError as error:
        raise SystemExit(f"--guard-gates: {error}") from None
    _Plugin(environment, gates).listen()


class _Plugin:
    """One environment's measures; on a master, those of its workers."""

    def __init__(self, environment: Environment, gates: Gates) -> None:
        self._environment = environment
        self._gates = gates
        self._measures = Measures()
        self._broken: list[str] | None = None  # not known before the end

    def listen(self) -> None:
        """Follow the environment's events."""
        own = self._environment.events
        collect(self._environment)
        own.request.add_listener(self._on_request)
        own.reset_stats.add_listener(self._on_reset)
        own.spawning_complete.add_listener(self._on_spawned)
        own.test_start.add_listener(self._on_reset)
        if isinstance(self._environment.runner, WorkerRunner):
            own.report_to_master.add_listener(self._on_report)
            return
        own.worker_report.add_listener(self._on_worker_report)
        own.quitting.add_listener(self._on_quitting)
        own.quit.add_listener(self._on_quit)
        if self._environment.web_ui is not None:
            extend(self._environment.web_ui, self._measures)

    def _on_request(
        self,
        request_type: str,
        name: str,
        response_time: float,
        response: Any = None,
        exception: Exception | None = None,
        **_: Any,
    ) -> None:
        headers = getattr(response, "headers", None)
        self._measures.add(
            (request_type, name), response_time, read(headers), failed=exception is not None
        )

    def _on_reset(self, **_: Any) -> None:
        self._measures.clear()

    def _on_spawned(self, **_: Any) -> None:
        if self._environment.reset_stats:
            self._measures.clear()

    def _on_report(self, data: dict[str, Any], **_: Any) -> None:
        data[_REPORT] = self._measures.take()

    def _on_worker_report(self, data: dict[str, Any], **_: Any) -> None:
        self._measures.merge(data.get(_REPORT, []))

    def _on_quitting(self, **_: Any) -> None:
        runner = self._environment.runner
        if isinstance(runner, MasterRunner) and runner.state not in {"stopped", "ready"}:
            runner.stop()  # the workers' last reports come with it
        self._write()
        if not self._gates:
            return
        self._broken = self._gates.broken(self._measures)
        if self._broken:
            self._environment.process_exit_code = 1

    def _on_quit(self, **_: Any) -> None:
        """After locust's own tables."""
        console.info("Queries and database time (nplusone_guard)")
        for line in tables.to_text(self._measures).splitlines():
            console.info(line)
        console.info("")
        for line in self._broken or ():
            console.info("guard gate broken: %s", line)
        if self._broken == []:
            console.info("guard gates: all kept")

    def _write(self) -> None:
        options = self._environment.parsed_options
        for form, render in (
            ("csv", tables.to_csv),
            ("json", tables.to_json),
            ("html", tables.to_html),
        ):
            file = getattr(options, f"guard_{form}", "")
            if not file:
                continue
            path = Path(file)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(render(self._measures), encoding="utf-8")
            except OSError as error:
                logger.error("--guard-%s: %s", form, error)  # noqa: TRY400  no fault of ours
                self._environment.process_exit_code = 1


register()
