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

from nplusone_guard import conf_values as values
from nplusone_guard.budget import Budget
from nplusone_guard.conf_values import ACTIONS, SETTING
from nplusone_guard.dashboard.options import DashboardOptions
from nplusone_guard.dashboard.options import parse as dashboard
from nplusone_guard.detect.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpRequest

    from nplusone_guard.allow import Allowance
    from nplusone_guard.report import Report

__all__ = ["ACTIONS", "SETTING", "GuardSettings", "Problem", "guard_settings"]


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
    exporters: tuple[Callable[[Report], object], ...] = ()
    most_groups: int | None = 5_000
    own_ms: float | None = 1_000.0
    reporters: tuple[Callable[[Report], object], ...] = ()
    level_setting: str | None = None
    verbosity_setting: int | None = None
    dashboard: DashboardOptions = field(default_factory=DashboardOptions)
    problems: tuple[Problem, ...] = ()

    @property
    def enabled(self) -> bool:
        """``ENABLED``; where it is not set: with ``DEBUG``, and while Django's tests run."""
        if self.enabled_setting is not None:
            return self.enabled_setting
        return bool(settings.DEBUG) or _tested()

    @property
    def developing(self) -> bool:
        """Whether somebody develops here: ``DEBUG``, and no tests run."""
        return bool(settings.DEBUG) and not _tested()

    @property
    def level(self) -> str:
        """``LEVEL``; where it is not set, ``"info"`` for who develops, else ``"warning"``."""
        return self.level_setting or ("info" if self.developing else "warning")

    @property
    def verbosity(self) -> int:
        """``VERBOSITY``; where it is not set, 1 for who develops, else 2."""
        if self.verbosity_setting is not None:
            return self.verbosity_setting
        return 1 if self.developing else 2

    @property
    def dashboard_is_open(self) -> bool:
        """Whether anybody may look at the dashboard: with ``DEBUG``, or by a ``PERMISSION``."""
        permitted = self.dashboard.wanted and self.dashboard.permission is not None
        return self.dashboard_is_open_to_all or permitted

    @property
    def dashboard_is_open_to_all(self) -> bool:
        """Whether whoever asks may look at the dashboard: with ``DEBUG``."""
        return self.dashboard.wanted and bool(settings.DEBUG)

    def dashboard_admits(self, request: HttpRequest) -> bool:
        """Whether the dashboard answers this request.  Raises whatever ``PERMISSION`` raises."""
        if self.dashboard_is_open_to_all:
            return True
        permission = self.dashboard.permission if self.dashboard.wanted else None
        return permission is not None and permission(request) is True

    def options(self, threshold: int | None = None) -> Options:
        """What detectors are told; ``threshold`` in place of the setting's."""
        return Options(
            threshold=threshold or self.threshold,
            slow_ms=self.slow_query_ms,
            unbounded_rows=self.unbounded_rows,
            most_groups=self.most_groups,
            own_ms=self.own_ms,
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


def _tested() -> bool:
    # Django's setup_test_environment() adds the outbox and teardown takes it away.
    return hasattr(mail, "outbox")


def _default_excluded() -> tuple[str, ...]:
    # An empty MEDIA_URL, the default, reads as the prefix that the whole site is served below.
    everything = {"/", get_script_prefix()}
    urls = (settings.STATIC_URL, settings.MEDIA_URL)
    served = [url for url in urls if url and url.startswith("/") and url not in everything]
    return (*served, "/favicon.ico", "/robots.txt", "*/jsi18n/", "/__debug__/", "/__guard__/")


#: Key → (field, parser, default); a default that is a function is called.
_KEYS: dict[str, tuple[str, Callable[[Any], Any], Any]] = {
    "ENABLED": ("enabled_setting", values.boolean, None),
    "ACTION": ("action", values.action, "warn"),
    "THRESHOLD": ("threshold", values.threshold, 2),
    "BUDGET": ("budget", values.budget, None),
    "BUDGETS": ("budgets", values.budgets, {}),
    "ALLOW": ("allow", values.allow, ()),
    "EXCLUDE_PATHS": ("exclude_paths", values.paths, _default_excluded),
    "HEADERS": ("headers", values.boolean, lambda: bool(settings.DEBUG)),
    "SAMPLE_RATE": ("sample_rate", values.sample_rate, 1.0),
    "SLOW_QUERY_MS": ("slow_query_ms", values.milliseconds, 500.0),
    "EXPLAIN": ("explain", values.switch, False),
    "UNBOUNDED_ROWS": ("unbounded_rows", values.rows, 1_000),
    "REPORTERS": ("reporters", values.reporters, ("nplusone_guard.report.console.log",)),
    "EXPORTERS": ("exporters", values.reporters, ()),
    "MAX_GROUPS": ("most_groups", values.rows, 5_000),
    "MAX_OWN_MS": ("own_ms", values.milliseconds, 1_000.0),
    "LEVEL": ("level_setting", values.level, None),
    "VERBOSITY": ("verbosity_setting", values.verbosity, None),
    "DASHBOARD": ("dashboard", dashboard, {}),
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
    parsed: dict[str, Any] = {}
    for key, (name, parse, default) in _KEYS.items():
        start = default() if callable(default) else default
        # None stands for the default wherever it is not a value of its own.
        value = start if given.get(key) is None else given[key]
        try:
            parsed[name] = parse(value)
        except ValueError as error:
            problems.append(
                Problem(key, f"{SETTING}[{key!r}] is {_shown(value)}.", f"It takes {error}.")
            )
            parsed[name] = parse(start)
    return GuardSettings(**parsed, problems=tuple(problems))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004


def _on_setting_changed(*, setting: str, **_: Any) -> None:
    if setting in {SETTING, "DEBUG", "STATIC_URL", "MEDIA_URL"}:
        guard_settings.cache_clear()


setting_changed.connect(_on_setting_changed, dispatch_uid="nplusone_guard.conf")
