"""``settings.NPLUSONE_GUARD``, read once into a typed, frozen object.

Nothing else reads Django's settings for the guard.  A bad value never breaks a request: its key
falls back to its default, and the system checks name it.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import mail
from django.core.signals import setting_changed
from django.urls import get_script_prefix
from django.utils.module_loading import import_string

from nplusone_guard.allow import Allowance, allowance
from nplusone_guard.budget import LIMITS, Budget
from nplusone_guard.dashboard.options import DashboardOptions
from nplusone_guard.dashboard.options import parse as _dashboard
from nplusone_guard.detect.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpRequest

    from nplusone_guard.report import Report

SETTING = "NPLUSONE_GUARD"
ACTIONS = ("warn", "raise", "record")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a key (``None``: with the setting as a whole), and what it takes."""

    key: str | None
    message: str
    hint: str
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """The settings in force; the README's table says what each is for."""

    enabled_setting: bool | None = None
    action: str = "warn"
    threshold: int = 2
    budget: Budget | None = None
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    allow: tuple[Allowance, ...] = ()
    exclude_paths: tuple[str, ...] = ()
    headers: bool = False
    sample_rate: float = 1.0
    slow_query_ms: float | None = 500.0
    unbounded_rows: int | None = 1_000
    explain: bool = False
    reporters: tuple[Callable[[Report], object], ...] = ()
    dashboard: DashboardOptions = field(default_factory=DashboardOptions)
    problems: tuple[Problem, ...] = ()

    @property
    def enabled(self) -> bool:
        """``ENABLED``; where it is not set: with ``DEBUG``, and while Django's tests run."""
        if self.enabled_setting is not None:
            return self.enabled_setting
        # Django's setup_test_environment() adds the outbox and teardown takes it away.
        return bool(settings.DEBUG) or hasattr(mail, "outbox")

    @property
    def dashboard_is_open(self) -> bool:
        """Whether anybody may look at the dashboard: with ``DEBUG``, or by a ``PERMISSION``."""
        wanted = self.dashboard.wanted
        return wanted and (bool(settings.DEBUG) or self.dashboard.permission is not None)

    def dashboard_admits(self, request: HttpRequest) -> bool:
        """Whether the dashboard answers this request.  Raises whatever ``PERMISSION`` raises."""
        if not self.dashboard_is_open:
            return False
        permission = self.dashboard.permission
        return bool(settings.DEBUG) or (permission is not None and permission(request) is True)

    def options(self, threshold: int | None = None) -> Options:
        """What detectors are told; ``threshold`` in place of the setting's."""
        return Options(
            threshold=threshold or self.threshold,
            slow_ms=self.slow_query_ms,
            unbounded_rows=self.unbounded_rows,
            explain=self.explain,
        )

    def is_excluded(self, path: str) -> bool:
        """Whether requests to ``path`` are left alone: a prefix, or a shell pattern, says so."""
        return any(
            fnmatchcase(path, pattern)
            if any(sign in pattern for sign in "*?[")
            else path.startswith(pattern)
            for pattern in self.exclude_paths
        )

    def budget_for(self, method: str, route: str) -> Budget | None:
        """The limits for a request; of several that match, the more specific one wins.

        From weak to strong: ``BUDGET``, a pattern, a pattern with a method, the route itself, the
        route with a method; of two patterns the longer.
        """
        matching: list[tuple[tuple[bool, bool, int], Budget]] = []
        for key, budget in self.budgets.items():
            first, _, rest = key.partition(" ")
            wants, pattern = (first, rest) if rest else ("", key)
            if wants and wants.upper() != method.upper():
                continue
            exact = pattern == route
            if exact or fnmatchcase(route, pattern):
                matching.append(((exact, bool(wants), len(pattern)), budget))
        result = self.budget
        for _, budget in sorted(matching, key=lambda item: item[0]):
            result = (result or Budget()).override(budget)
        return result


def _boolean(value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise ValueError("True, False, or None for automatic")
    return value


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("True or False")
    return value


def _action(value: Any) -> str:
    if value not in ACTIONS:
        raise ValueError('"warn", "raise" or "record"')
    return str(value)


def _threshold(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 2:  # noqa: PLR2004
        raise ValueError("a whole number from 2")
    return value


def _budget(value: Any) -> Budget | None:
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


def _budgets(value: Any) -> dict[str, Budget]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ValueError('a dict from routes to limits: {"GET api/v1/orders/": {"queries": 4}}')
    budgets = {}
    for key, limits in value.items():
        try:
            budgets[key] = _budget(limits) or Budget()
        except ValueError as error:
            raise ValueError(f"for {key!r}, {error}") from None
    return budgets


def _allow(value: Any) -> tuple[Allowance, ...]:
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


def _paths(value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise ValueError('a list of path prefixes or shell patterns: ["/static/", "*/jsi18n/"]')
    return tuple(value)


def _sample_rate(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError("a number from 0.0 (no request) to 1.0 (each request)")
    return float(value)


def _milliseconds(value: Any) -> float | None:
    if value is False:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise ValueError("a number of milliseconds above 0, or False for no limit")
    return float(value)


def _rows(value: Any) -> int | None:
    if value is False:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("a whole number from 1, or False for no limit")
    return value


def _reporters(value: Any) -> tuple[Callable[[Report], object], ...]:
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


def _default_excluded() -> tuple[str, ...]:
    # An empty MEDIA_URL, the default, reads as the prefix that the whole site is served below.
    everything = {"/", get_script_prefix()}
    urls = (settings.STATIC_URL, settings.MEDIA_URL)
    served = [url for url in urls if url and url.startswith("/") and url not in everything]
    return (*served, "/favicon.ico", "/robots.txt", "*/jsi18n/", "/__debug__/", "/__guard__/")


#: Key → (field, parser, default); a default that is a function is called.
_KEYS: dict[str, tuple[str, Callable[[Any], Any], Any]] = {
    "ENABLED": ("enabled_setting", _boolean, None),
    "ACTION": ("action", _action, "warn"),
    "THRESHOLD": ("threshold", _threshold, 2),
    "BUDGET": ("budget", _budget, None),
    "BUDGETS": ("budgets", _budgets, {}),
    "ALLOW": ("allow", _allow, ()),
    "EXCLUDE_PATHS": ("exclude_paths", _paths, _default_excluded),
    "HEADERS": ("headers", _boolean, lambda: bool(settings.DEBUG)),
    "SAMPLE_RATE": ("sample_rate", _sample_rate, 1.0),
    "SLOW_QUERY_MS": ("slow_query_ms", _milliseconds, 500.0),
    "EXPLAIN": ("explain", _switch, False),
    "UNBOUNDED_ROWS": ("unbounded_rows", _rows, 1_000),
    "REPORTERS": ("reporters", _reporters, ("nplusone_guard.report.console.log",)),
    "DASHBOARD": ("dashboard", _dashboard, {}),
}


@cache
def guard_settings() -> GuardSettings:
    """The settings in force; follows ``override_settings``."""
    given = getattr(settings, SETTING, {})
    problems: list[Problem] = []
    if not isinstance(given, dict):
        problems.append(
            Problem(
                None,
                f"{SETTING} is {_shown(given)}.",
                f'It takes a dict, such as {SETTING} = {{"ACTION": "warn"}}.',
            )
        )
        given = {}
    for key in given:
        if key not in _KEYS:
            near = difflib.get_close_matches(str(key).upper(), _KEYS, n=1)
            problems.append(
                Problem(
                    str(key),
                    f"{SETTING}[{key!r}] is not a known key.",
                    f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(_KEYS)}.",
                    unknown=True,
                )
            )
    values: dict[str, Any] = {}
    for key, (name, parse, default) in _KEYS.items():
        start = default() if callable(default) else default
        # None stands for the default wherever it is not a value of its own.
        value = start if given.get(key) is None else given[key]
        try:
            values[name] = parse(value)
        except ValueError as error:
            problems.append(
                Problem(key, f"{SETTING}[{key!r}] is {_shown(value)}.", f"It takes {error}.")
            )
            values[name] = parse(start)
    return GuardSettings(**values, problems=tuple(problems))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004


def _on_setting_changed(*, setting: str, **_: Any) -> None:
    if setting in {SETTING, "DEBUG", "STATIC_URL", "MEDIA_URL"}:
        guard_settings.cache_clear()


setting_changed.connect(_on_setting_changed, dispatch_uid="nplusone_guard.conf")
