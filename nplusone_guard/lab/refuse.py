"""What the lab does not do, each refusal an error that says what, where, and what allows it."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import mail
from django.core.signals import request_started
from django.db import connections

from nplusone_guard.capture.callsite import find
from nplusone_guard.errors import LabRefused
from nplusone_guard.lab.session import in_session
from nplusone_guard.report.place import shown_path
from nplusone_guard.report.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nplusone_guard.report import Report
    from nplusone_guard.trace import QueryGroup

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: What is put behind the name of a test database: a copy's number, a worker, the scan's own.
_COPY = r"(_(\d+|gw\d+|scan))*(\.\w+)?"
_WRITES = frozenset({"insert", "update", "delete"})
_DEFINES = ("CREATE ", "ALTER ", "DROP ", "TRUNCATE ", "CALL ", "COPY ")


def refuse_place(name: str, *, allow_debug_off: bool) -> None:
    """Refuse to begin at all, from within a request, an experiment, or in production."""
    if in_session():
        raise LabRefused(
            f"{name} was called by a call that is on trial already. Call it once, from outside."
        )
    if find(sys._getframe()).outer is not None:  # noqa: SLF001
        raise LabRefused(
            f"{name} was called while a request is being served. It runs the call many times "
            "over, with changed querysets: call it from a test, a command or a shell."
        )
    # Django's setup_test_environment() adds the outbox, and turns DEBUG off.
    if not settings.DEBUG and not hasattr(mail, "outbox") and not allow_debug_off:
        raise LabRefused(
            f"{name} was called with DEBUG off and outside of tests, so this may be production. "
            "Run it in a test, or give allow_debug_off=True if it is not."
        )


def is_test_database(connection: Any) -> bool:
    """Whether a connection is to a database that Django made for tests."""
    given = connection.settings_dict
    name = str(given["NAME"])
    if connection.vendor == "sqlite" and (name == ":memory:" or "mode=memory" in name):
        return True
    named = (given.get("TEST") or {}).get("NAME")
    # Parallel runs number their copies: test_shop_1, test_shop_gw1.
    if named:
        stem, dot, _ = str(named).rpartition(".")
        stems = {str(named), *([stem] if dot and connection.vendor == "sqlite" else [])}
        return any(re.fullmatch(rf"{re.escape(each)}{_COPY}", name) for each in stems)
    return "/" not in name and name.startswith("test_")


class Limits:
    """What a call may do while it is on trial; ``broken`` is the first refusal."""

    def __init__(self, name: str, *, safe: bool, allow_this_database: bool) -> None:
        self._name = name
        self._safe = safe
        self._any_database = allow_this_database
        self.broken: LabRefused | None = None

    @property
    def aliases(self) -> list[str]:
        """The databases that may be asked."""
        return [
            alias
            for alias in connections
            if self._any_database or is_test_database(connections[alias])
        ]

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Refuse what the block does beyond them; raised where it happens, and at its end."""
        refused = [alias for alias in connections if alias not in self.aliases]
        wrappers = [connections[alias].execute_wrapper(self._refuse) for alias in refused]
        for wrapper in wrappers:
            wrapper.__enter__()
        request_started.connect(self._request_started, weak=False)
        try:
            yield
        finally:
            request_started.disconnect(self._request_started)
            for wrapper in reversed(wrappers):
                wrapper.__exit__(None, None, None)
            if self.broken is not None:
                # The call may have caught it.
                raise self.broken

    def _refuse(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        if not in_session():
            return execute(sql, params, many, context)
        connection = context["connection"]
        self.broken = LabRefused(
            f"{self._name} refused a statement on the database {connection.alias!r} "
            f"({safe(str(connection.settings_dict['NAME']))}), which is no test database. "
            "Run it in a test, or give allow_this_database=True: each run is rolled back."
        )
        raise self.broken

    def _request_started(self, environ: Any = None, scope: Any = None, **_: Any) -> None:
        if not self._safe or not in_session():
            return
        asked = environ or scope or {}
        method = asked.get("REQUEST_METHOD") or asked.get("method") or "GET"
        if method.upper() in _SAFE_METHODS:
            return
        path = asked.get("PATH_INFO") or asked.get("path") or ""
        self.broken = LabRefused(
            f"{self._name} refused {safe(method)} {safe(path)}: a request that may write is sent "
            "many times over. Give safe=False if undoing it in the databases undoes all it does."
        )
        raise self.broken

    def refuse_writes(self, report: Report) -> None:
        """Refuse a call that wrote to a database, sessions and authentication left out."""
        if not self._safe:
            return
        for group in report.groups:
            if _writes(group) and not group.excuse:
                raise LabRefused(
                    f"{self._name} refused a call that writes: {_written(group)}. It has been "
                    "undone. Give safe=False if undoing it in the databases undoes all it does."
                )


def _writes(group: QueryGroup) -> bool:
    return group.operation in _WRITES or group.shape.text.upper().startswith(_DEFINES)


def _written(group: QueryGroup) -> str:
    site = group.site
    where = f" at {shown_path(site.file)}:{site.line}" if site is not None else ""
    return f"{group.operation.upper()} in {safe(group.shape.text[:80])}{where}"
