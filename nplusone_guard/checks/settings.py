"""The guard's own settings: wrong, or unlikely to be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning  # noqa: A004

from nplusone_guard.conf import SETTING, guard_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

MIDDLEWARE = "nplusone_guard.middleware.GuardMiddleware"


def check_settings(**_: Any) -> Iterable[CheckMessage]:
    """``E001``: not a dict.  ``E002``: an unknown key.  ``E003``: a value it can't take."""
    for problem in guard_settings().problems:
        number = "E001" if problem.key is None else "E002" if problem.unknown else "E003"
        yield Error(problem.message, hint=problem.hint, id=f"nplusone_guard.{number}")


def check_middleware(**_: Any) -> Iterable[CheckMessage]:
    """``W001``: listed twice, so counted twice.  ``I001``: configured, but no request is traced."""
    listed = list(settings.MIDDLEWARE).count(MIDDLEWARE)
    if listed > 1:
        yield Warning(
            f"{MIDDLEWARE} is in MIDDLEWARE {listed} times; each request is reported as often.",
            hint="Keep the first one.",
            id="nplusone_guard.W001",
        )
    elif not listed and getattr(settings, SETTING, None) and guard_settings().enabled:
        yield Info(
            f"{SETTING} is set, but {MIDDLEWARE} is not in MIDDLEWARE: no request is traced.",
            hint=f'MIDDLEWARE = ["{MIDDLEWARE}", ...]',
            id="nplusone_guard.I001",
        )


def check_deployment(**_: Any) -> Iterable[CheckMessage]:
    """``W002``: findings would fail requests of a deployed site."""
    current = guard_settings()
    if current.enabled_setting and current.action == "raise" and not settings.DEBUG:
        yield Warning(
            f'{SETTING}["ACTION"] is "raise" and the guard is on: a finding fails the request.',
            hint=f'{SETTING} = {{"ENABLED": False}}, or "ACTION": "record".',
            id="nplusone_guard.W002",
        )
