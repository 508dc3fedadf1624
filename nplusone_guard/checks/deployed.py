"""What an API must not be deployed with, beside what Django's own ``check --deploy`` says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.core.checks import Warning  # noqa: A004

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.checks import CheckMessage

#: Origins that have nothing in common but that nobody meant to admit them.
_STRANGERS = ("https://a.invalid", "http://b-2.example:8443")


def deployed() -> Iterator[CheckMessage]:
    """``W141``: DEBUG.  ``W142``: any host.  ``W143``: any origin."""
    if settings.DEBUG:
        yield Warning(
            "DEBUG is True: whoever causes an error reads settings, source and SQL, and each "
            "process keeps the queries it runs.",
            hint="DEBUG = False",
            obj="settings",
            id="nplusone_guard.W141",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Warning(
            'ALLOWED_HOSTS has "*": links in responses, next pages among them, lead wherever a '
            "client's Host header says.",
            hint='ALLOWED_HOSTS = ["api.example.com"]',
            obj="settings",
            id="nplusone_guard.W142",
        )
    if apps.is_installed("corsheaders"):
        setting = _any_origin()
        if setting is not None:
            cookies = getattr(settings, "CORS_ALLOW_CREDENTIALS", False)
            yield Warning(
                f"{setting} admits every origin: any page in a browser can call the API"
                f"{', with the cookies of its visitor' if cookies else ''}.",
                hint='CORS_ALLOWED_ORIGINS = ["https://app.example.com"], in place of it.',
                obj="settings",
                id="nplusone_guard.W143",
            )


def _any_origin() -> str | None:
    for name in ("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL"):
        if getattr(settings, name, False):
            return f"{name} = True"
    for pattern in getattr(settings, "CORS_ALLOWED_ORIGIN_REGEXES", ()):
        if all(re.match(pattern, origin) for origin in _STRANGERS):
            text = pattern if isinstance(pattern, str) else pattern.pattern
            return f"{text!r} in CORS_ALLOWED_ORIGIN_REGEXES"
    return None
