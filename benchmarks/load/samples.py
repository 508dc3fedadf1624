"""Every request of a run, for statistics that need more than counts: written by locust, read here.

``--samples FILE`` writes one line of JSON for each request and a first one with the window: from
the moment when all users have begun and ``--samples-warm-up`` seconds more, to the run's end, which
``--samples-seconds`` puts that much later; ``-t`` counts from the start, however slow that was.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nplusone_guard.load.measures import read


@dataclass(frozen=True, slots=True)
class Sample:
    """One request: ``at`` its end, in seconds of the epoch; ``queries`` is None where not told."""

    at: float
    name: str
    ms: float
    queries: int | None
    db_ms: float
    app_ms: float
    failure: str | None

    @property
    def began(self) -> float:
        return self.at - self.ms / 1_000


@dataclass(frozen=True, slots=True)
class Phase:
    """A run, of which counts what lay between ``begin`` and ``end``, in seconds of the epoch."""

    begin: float
    end: float
    samples: tuple[Sample, ...]

    @property
    def seconds(self) -> float:
        return self.end - self.begin

    @property
    def begun(self) -> tuple[Sample, ...]:
        """What began within, whenever it ended: to drop what ended late would flatter the slow."""
        return tuple(each for each in self.samples if self.begin <= each.began <= self.end)

    @property
    def rate(self) -> float:
        """Requests that ended within, by second."""
        return sum(self.begin <= each.at <= self.end for each in self.samples) / self.seconds

    def without_log_ins(self) -> Phase:
        """Only what users do once they are in."""
        kept = tuple(each for each in self.samples if "/auth/" not in each.name)
        return Phase(self.begin, self.end, kept)


def load(path: Path) -> Phase:
    """What a run wrote; raises ``ValueError`` where it ended before all of its users had begun."""
    head, *lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    if head["end"] <= head["begin"]:
        raise ValueError(f"{path.name}: the run ended before all of its users had begun")
    return Phase(head["begin"], head["end"], tuple(Sample(*line) for line in lines))


def register() -> None:
    """Add ``--samples`` to locust; without it nothing is kept."""
    from locust import events
    from locust.runners import LocalRunner

    @events.init_command_line_parser.add_listener
    def add_options(parser: Any) -> None:
        group = parser.add_argument_group("samples", "every request, one by one")
        group.add_argument("--samples", metavar="FILE", help="Write every request there.")
        group.add_argument(
            "--samples-warm-up", type=float, default=1.0, help="Seconds not to count (1)."
        )
        group.add_argument(
            "--samples-seconds", type=float, help="End the run so long after the warm-up."
        )

    @events.init.add_listener
    def begin(environment: Any, runner: Any, **_: Any) -> None:
        if not getattr(environment.parsed_options, "samples", None):
            return
        if not isinstance(runner, LocalRunner):
            raise SystemExit("--samples is for one process; with workers, take --guard-json.")
        _Writer(environment).listen()


class _Writer:
    """Keeps what comes in and writes it at the end."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._begin = self._end = 0.0
        self._lines: list[tuple[Any, ...]] = []

    def listen(self) -> None:
        own = self._environment.events
        own.request.add_listener(self._on_request)
        own.spawning_complete.add_listener(self._on_spawned)
        own.test_stopping.add_listener(self._on_stopping)
        own.quitting.add_listener(self._on_quitting)

    def _on_request(
        self,
        request_type: str,
        name: str,
        response_time: float,
        response: Any = None,
        exception: Exception | None = None,
        **_: Any,
    ) -> None:
        reading = read(getattr(response, "headers", None))
        told = (reading.queries, reading.db_ms, reading.app_ms) if reading else (None, 0.0, 0.0)
        failure = None if exception is None else str(exception) or type(exception).__name__
        self._lines.append((time.time(), f"{request_type} {name}", response_time, *told, failure))

    def _on_spawned(self, **_: Any) -> None:
        options = self._environment.parsed_options
        self._begin = time.time() + options.samples_warm_up
        if options.samples_seconds:
            import gevent

            gevent.spawn_later(
                options.samples_warm_up + options.samples_seconds, self._environment.runner.quit
            )

    def _on_stopping(self, **_: Any) -> None:
        self._end = time.time()

    def _on_quitting(self, **_: Any) -> None:
        head = {"begin": self._begin, "end": self._end}
        text = "\n".join(map(json.dumps, (head, *self._lines)))
        Path(self._environment.parsed_options.samples).write_text(text + "\n", "utf-8")
