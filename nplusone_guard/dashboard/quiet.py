"""The dev server logs each request: a page that asks every two seconds would fill the terminal."""

from __future__ import annotations

import logging

from django.urls import NoReverseMatch, get_script_prefix

from nplusone_guard.dashboard.links import link

_NOTHING_NEW = "204"


class _Polls(logging.Filter):
    """Leaves out the page's polls that brought nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        given = record.args
        if not isinstance(given, tuple) or len(given) < 2 or str(given[1]) != _NOTHING_NEW:  # noqa: PLR2004
            return True
        return f"{_path()}?" not in str(given[0])


def _path() -> str:
    try:
        path = link("rows")
    except NoReverseMatch:
        path = "/__guard__/rows/"
    # A prefix may be a proxy's, of which the server itself sees nothing.
    return f"/{path.removeprefix(get_script_prefix()).removeprefix('/')}"


def quieten() -> None:
    """Let the dev server's log tell of requests that are somebody's."""
    logger = logging.getLogger("django.server")
    if not any(isinstance(each, _Polls) for each in logger.filters):
        logger.addFilter(_Polls())
