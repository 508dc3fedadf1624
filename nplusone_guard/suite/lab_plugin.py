"""``--query-guard-lab``: what pytest does for it; registered only where the option is given."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from nplusone_guard.report.text import safe

if TYPE_CHECKING:
    from nplusone_guard.lab.suite import Entry, Key, Ledger

_OUTPUT = "nplusone_guard_lab"


class LabPlugin:
    """Looks at the requests of each test, and says at the end what none of them needed."""

    def __init__(self, config: pytest.Config) -> None:
        self._is_worker = hasattr(config, "workerinput")
        self._stack = ExitStack()
        self._ledger: Ledger | None = None

    def pytest_sessionstart(self) -> None:
        """Look at requests from now on."""
        try:
            from nplusone_guard.lab.suite import (  # noqa: PLC0415  needs Django
                Ledger,
                examined_requests,
            )
        except ImportError as error:
            raise pytest.UsageError(f"--query-guard-lab needs Django: {error}") from None
        self._ledger = Ledger()
        self._stack.enter_context(examined_requests(self._ledger))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take in what a process of pytest-xdist saw."""
        dumped = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if dumped is not None and self._ledger is not None:
            self._ledger.merge(json.loads(dumped))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Look at no more requests, and hand on what was seen."""
        self._stack.close()
        if self._is_worker and self._ledger is not None:
            output = session.config.workeroutput  # type: ignore[attr-defined]
            output[_OUTPUT] = json.dumps(self._ledger.dump())

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what no request needed."""
        if self._ledger is None or self._is_worker:
            return
        terminalreporter.write_sep("=", "query guard: the lab")
        for line in lines(self._ledger):
            terminalreporter.write_line(line)


def lines(ledger: Ledger) -> list[str]:
    """What a ledger says, in lines of text."""
    unused = ledger.unused()
    requests = f"{ledger.requests} request{'' if ledger.requests == 1 else 's'}"
    if not ledger.requests:
        told = ["0 requests were looked at: this says nothing."]
    elif not unused:
        told = [f"{requests}: all that they load ahead is read by one of them."]
    else:
        told = [f"{requests}, and {len(unused)} of what they load was read by none of them:"]
    for key, entry in unused:
        told += _unused(key, entry)
    for reason, number in ledger.unjudged.items():
        times = "once" if number == 1 else f"{number} times"
        told.append(f"  not judged, {times}: {safe(reason.partition(chr(10))[0])}")
    return told


def _unused(key: Key, entry: Entry) -> list[str]:
    model, place, through, method, path = map(safe, key)
    behind = f', prefetched by "{through}"' if through else ""
    if method == "column":
        head = f'  UNREAD  column "{path}" of {model}{behind}: {entry.bytes:.0f} bytes in each row'
    else:
        noun = "query" if entry.queries == 1 else "queries"
        saved = f"{entry.queries} {noun}, " if entry.queries else ""
        head = f'  UNUSED  {method}("{path}") of {model}{behind}: {saved}{entry.cells} cells'
    seen = f"in each of {entry.requests} requests" if entry.requests > 1 else "in 1 request"
    return [f"{head}, {seen}", f"      there  {place}"] if place else [f"{head}, {seen}"]
