"""What each key of ``NPLUSONE_GUARD`` takes: a parser a kind of value.

A parser gives the value in the form that is used, or raises ``ValueError`` with what the key
takes: "It takes ..." is put before it, and a full stop after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string

from nplusone_guard.allow import Allowance, allowance
from nplusone_guard.budget import LIMITS, Budget

if TYPE_CHECKING:
    from collections.abc import Callable

    from nplusone_guard.report import Report

SETTING = "NPLUSONE_GUARD"
ACTIONS = ("warn", "raise", "record")
LEVELS = ("info", "warning")


def boolean(value: Any) -> bool | None:
    """True, False, or ``None``."""
    if value is not None and not isinstance(value, bool):
        raise ValueError("True, False, or None for automatic")
    return value


def switch(value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise ValueError("True or False")
    return value


def action(value: Any) -> str:
    """One of ``ACTIONS``."""
    if value not in ACTIONS:
        raise ValueError('"warn", "raise" or "record"')
    return str(value)


def threshold(value: Any) -> int:
    """A number of times on one path."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 2:  # noqa: PLR2004
        raise ValueError("a whole number from 2")
    return value


def budget(value: Any) -> Budget | None:
    """Limits of one request."""
    if value is None or isinstance(value, Budget):
        return value
    if not isinstance(value, dict):
        raise ValueError('None or a dict of limits, such as {"queries": 10}')
    unknown = [key for key in value if key not in LIMITS]
    if unknown:
        raise ValueError(f"limits named {', '.join(LIMITS)}; {unknown[0]!r} is none of them")
    try:
        return Budget(**value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"numbers from 0 as limits: {str(error).rstrip('.')}") from None


def budgets(value: Any) -> dict[str, Budget]:
    """Limits by route."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ValueError('a dict from routes to limits: {"GET api/v1/orders/": {"queries": 4}}')
    budgets = {}
    for key, limits in value.items():
        try:
            budgets[key] = budget(limits) or Budget()
        except ValueError as error:
            raise ValueError(f"for {key!r}, {error}") from None
    return budgets


def allow(value: Any) -> tuple[Allowance, ...]:
    """Allowances that hold everywhere."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, dict) for item in value):
        raise ValueError('a list of dicts: [{"relation": "orders.*.product", "reason": "..."}]')
    allowances = []
    for number, item in enumerate(value):
        unknown = [key for key in item if key not in {"relation", "reason", "until"}]
        if unknown:
            raise ValueError(
                f"dicts with the keys relation, reason and until; {unknown[0]!r} in item {number} "
                "is none of them"
            )
        try:
            allowances.append(
                allowance(
                    relation=item.get("relation", ""),
                    reason=item.get("reason", ""),
                    until=item.get("until"),
                    place=f'{SETTING}["ALLOW"]',
                )
            )
        except ValueError as error:
            raise ValueError(
                'a list like [{"relation": "orders.*.product", "reason": "two rows at most"}]; '
                f"item {number} has {error}"
            ) from None
    return tuple(allowances)


def paths(value: Any) -> tuple[str, ...]:
    """Path prefixes and shell patterns."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise ValueError('a list of path prefixes or shell patterns: ["/static/", "*/jsi18n/"]')
    return tuple(value)


def sample_rate(value: Any) -> float:
    """A share."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError("a number from 0.0 (no request) to 1.0 (each request)")
    return float(value)


def milliseconds(value: Any) -> float | None:
    """A limit in milliseconds, ``None`` for none."""
    if value is False:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise ValueError("a number of milliseconds above 0, or False for no limit")
    return float(value)


def rows(value: Any) -> int | None:
    """A limit in rows, ``None`` for none."""
    if value is False:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("a whole number from 1, or False for no limit")
    return value


def reporters(value: Any) -> tuple[Callable[[Report], object], ...]:
    """What dotted paths stand for."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise ValueError("a list of dotted paths to functions that take a Report")
    reporters = []
    for path in value:
        try:
            reporter = import_string(path)
        except Exception as error:  # noqa: BLE001  whatever the module does when it is imported
            raise ValueError(f"importable dotted paths; {path!r}: {error}") from None
        if not callable(reporter):
            raise ValueError(f"dotted paths to functions that take a Report; {path!r} is none")
        reporters.append(reporter)
    return tuple(reporters)


def level(value: Any) -> str | None:
    """One of ``LEVELS``."""
    if value is not None and value not in LEVELS:
        raise ValueError('"info", "warning", or None for automatic')
    return None if value is None else str(value)


def verbosity(value: Any) -> int | None:
    """How much is said of a request."""
    if value is not None and (isinstance(value, bool) or value not in (0, 1, 2)):
        raise ValueError("0, 1 or 2, or None for automatic")
    return None if value is None else int(value)
