"""What a check of the practices finds, and the words that their messages share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nplusone_guard.checks.places import Place


@dataclass(frozen=True, slots=True)
class Practice:
    """A practice that is not followed.

    ``number``: of its id, ``"W111"``.  ``where``: what the message begins with.  ``hint``: the
    code to type.  ``places``: where a comment accepts it; none for settings.  ``module``: that of
    the class it is about.
    """

    number: str
    where: str
    text: str
    hint: str
    places: tuple[Place, ...] = ()
    module: str | None = None


def rest_framework(**keys: Any) -> str:
    """The code that gives keys to the framework's setting, whether or not it is there already."""
    given = getattr(settings, "REST_FRAMEWORK", None) or {}
    entries = [_entry(key, value, given) for key, value in keys.items()]
    return f"REST_FRAMEWORK = {{{', '.join(['...', *entries] if given else entries)}}}"


def _entry(key: str, value: Any, given: Mapping[str, Any]) -> str:
    # To these something is added; others are replaced.
    rest = "..., " if key.startswith("DEFAULT_THROTTLE") and given.get(key) else ""
    if isinstance(value, list):
        return f'"{key}": [{rest}{quoted(value)}]'
    if isinstance(value, dict):
        inner = ", ".join(f'"{name}": "{each}"' for name, each in value.items())
        return f'"{key}": {{{rest}{inner}}}'
    return f'"{key}": "{value}"' if isinstance(value, str) else f'"{key}": {value!r}'


def quoted(names: Iterable[str]) -> str:
    """Names as the arguments of a call, or the items of a list."""
    return ", ".join(f'"{name}"' for name in names)


def listed(names: list[str], most: int = 3) -> str:
    """``A, B, C and 4 more``."""
    shown = names[:most]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    if len(names) > 1:
        return f"{', '.join(shown[:-1])} and {shown[-1]}"
    return names[0] if names else ""
