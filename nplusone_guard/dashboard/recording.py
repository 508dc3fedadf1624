"""Which requests are recorded, under which id, and by whom."""

from __future__ import annotations

import logging
import threading
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from django.conf import settings

from nplusone_guard.conf import guard_settings
from nplusone_guard.dashboard import NAMESPACE
from nplusone_guard.dashboard.links import included, link
from nplusone_guard.dashboard.place import default_path

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import ResolverMatch

    from nplusone_guard.dashboard.options import DashboardOptions
    from nplusone_guard.dashboard.store import Store
    from nplusone_guard.dashboard.writer import Writer
    from nplusone_guard.report import Report

logger = logging.getLogger("nplusone_guard")

#: Where a request remembers its id, once somebody has asked for it.
_ID = "_nplusone_guard_id"

_MIDDLEWARE = "nplusone_guard.middleware.GuardMiddleware"

_lock = threading.Lock()
_current: tuple[DashboardOptions, Writer] | None = None


def store() -> Store:
    """The store that the settings name; nothing is opened."""
    from nplusone_guard.dashboard.store import Store  # noqa: PLC0415  some Pythons lack sqlite3

    options = guard_settings().dashboard
    return Store(options.path or default_path(), options.max_records, options.max_bytes)


def writer() -> Writer:
    """This process's writer."""
    from nplusone_guard.dashboard.writer import Writer  # noqa: PLC0415  some Pythons lack sqlite3

    global _current  # noqa: PLW0603  one for each process
    options = guard_settings().dashboard
    found = _current
    if found is None or found[0] != options:
        with _lock:
            found = _current
            if found is None or found[0] != options:
                if found is not None:  # settings that a test has changed
                    found[1].stop()
                found = _current = (options, Writer(store()))
    return found[1]


def is_on() -> bool:
    """Whether somebody may look at what is recorded, and there is a page to look at it."""
    return guard_settings().dashboard_is_open and included()


def identified(request: HttpRequest | Any) -> str | None:
    """The id of a request's record; ``None`` where it is not recorded."""
    plain = getattr(request, "_request", request)  # REST framework's wraps Django's
    found: str | None = getattr(plain, _ID, None)
    if found is None and getattr(plain, "_nplusone_guard_scope", None) is not None and is_on():
        found = token_hex(8)
        setattr(plain, _ID, found)
    return found


def dropped_here() -> int:
    """Requests of this process that did not get into the store."""
    return _current[1].dropped if _current is not None else 0


def hindrance() -> str:
    """Why no request is recorded, as a sentence; empty where nothing is in the way."""
    if not guard_settings().enabled:
        return "The guard is off: NPLUSONE_GUARD['ENABLED'] is False."
    if _MIDDLEWARE not in settings.MIDDLEWARE:
        return f"{_MIDDLEWARE} is not in MIDDLEWARE, so no request is traced."
    return ""


def page_of(name: str) -> str:
    """The path of a record's page."""
    return link("request", name)


def is_own(match: ResolverMatch | None) -> bool:
    """Whether a request was to the dashboard itself."""
    return match is not None and NAMESPACE in match.app_names


def record(report: Report, name: str) -> None:
    """Have a finished report stored.  Never waits and never raises."""
    try:
        writer().put(report, name)
    except Exception:
        logger.exception("The guard's dashboard could not take a report.")
