"""``NPLUSONE_GUARD["DASHBOARD"]``: what each key takes."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asgiref.sync import iscoroutinefunction
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

MAX_RECORDS = 10_000
MAX_BYTES = 64 * 1024 * 1024
#: Less than this holds no report worth the name.
LEAST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class DashboardOptions:
    """Where records are kept, how many of them, and who may look at them.

    ``wanted``: it was not switched off.  ``path``: ``None`` for a place of the project's own in
    the user's cache directory.  ``max_bytes``: of all records, as they are stored.  ``badge``: a
    link to its own record on each page of REST framework's browsable API.
    """

    wanted: bool = True
    path: str | None = None
    max_records: int = MAX_RECORDS
    max_bytes: int = MAX_BYTES
    permission: Callable[[HttpRequest], object] | None = None
    badge: bool = True


def parse(value: Any) -> DashboardOptions:
    """The options of a setting's value; raises ``ValueError`` with what the key takes."""
    if isinstance(value, DashboardOptions):
        return value
    if value is False:
        return DashboardOptions(wanted=False)
    if not isinstance(value, dict):
        raise ValueError(f"a dict with keys of {_names()}, or False to keep it off")
    for key in value:
        if key not in _KEYS:
            near = difflib.get_close_matches(str(key).upper(), _KEYS, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"a dict with keys of {_names()}; {key!r} is none of them{meant}")
    values = {}
    for key, (name, take) in _KEYS.items():
        given = value.get(key)
        if given is None:
            continue
        try:
            values[name] = take(given)
        except ValueError as error:
            raise ValueError(f"for {key!r}, {error}; {given!r} is not") from None
    return DashboardOptions(**values)


def _path(value: Any) -> str:
    if not isinstance(value, (str, os.PathLike)) or not os.fspath(value):
        raise ValueError("the path of a file")
    path = os.fspath(value)
    if not isinstance(path, str) or "\0" in path:
        raise ValueError("the path of a file, as text")
    return path


def _records(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("a whole number from 1")
    return value


def _bytes(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < LEAST_BYTES:
        raise ValueError(f"a whole number of bytes from {LEAST_BYTES}")
    return value


def _badge(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("True or False")
    return value


def _permission(value: Any) -> Callable[[HttpRequest], object]:
    if not isinstance(value, str):
        raise ValueError("the dotted path of a function that takes a request")
    try:
        found = import_string(value)
    except Exception as error:  # noqa: BLE001  whatever the module does when it is imported
        raise ValueError(f"a dotted path that can be imported ({error})") from None
    if not callable(found) or iscoroutinefunction(found):
        raise ValueError("the dotted path of a function that takes a request")
    permission: Callable[[HttpRequest], object] = found
    return permission


_KEYS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "PATH": ("path", _path),
    "MAX_RECORDS": ("max_records", _records),
    "MAX_BYTES": ("max_bytes", _bytes),
    "PERMISSION": ("permission", _permission),
    "BADGE": ("badge", _badge),
}


def _names() -> str:
    return ", ".join(_KEYS)
