"""The framework's settings: who may call, how often, which version, and what errors look like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rest_framework.permissions import AllowAny
from rest_framework.settings import api_settings
from rest_framework.throttling import ScopedRateThrottle, SimpleRateThrottle
from rest_framework.views import APIView, exception_handler

from nplusone_guard.checks.places import class_place, name_of, name_place, shown
from nplusone_guard.checks.practice import Practice, listed, rest_framework

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nplusone_guard.checks.practices import Api

_WHERE = "settings.REST_FRAMEWORK"
_VERSION_IN_ROUTE = re.compile(r"(?:^|[/^(])v\d+(?:[/.$)]|$)")


def permissions(api: Api) -> Iterator[Practice]:
    """``W101``: who names no permission class lets everybody in."""
    default: Any = api_settings.DEFAULT_PERMISSION_CLASSES
    if default and AllowAny not in default:
        return
    names = [
        name_of(cls)
        for cls in api.views
        if _takes_default(cls, "permission_classes") and _takes_default(cls, "get_permissions")
    ]
    said = "AllowAny is the default permission" if default else "There is no default permission"
    who = f"{listed(names)} {'is' if len(names) == 1 else 'are'} open to everyone"
    yield Practice(
        "W101",
        _WHERE,
        f"{said}: {who if names else 'a view that forgets its own is open to everyone'}.",
        rest_framework(DEFAULT_PERMISSION_CLASSES=["rest_framework.permissions.IsAuthenticated"])
        + ", and permission_classes = [AllowAny] on the views that are meant to be open.",
    )


def throttles(api: Api) -> Iterator[Practice]:
    """``W102``: no throttle anywhere."""
    if api_settings.DEFAULT_THROTTLE_CLASSES or any(
        cls.throttle_classes or not _takes_default(cls, "get_throttles") for cls in api.views
    ):
        return
    yield Practice(
        "W102",
        _WHERE,
        "Nothing is throttled: passwords can be tried and lists be read as fast as the server "
        "answers.",
        rest_framework(
            DEFAULT_THROTTLE_CLASSES=[
                "rest_framework.throttling.AnonRateThrottle",
                "rest_framework.throttling.UserRateThrottle",
            ],
            DEFAULT_THROTTLE_RATES={"anon": "60/min", "user": "600/min"},
        ),
    )


def idle_throttles(api: Api) -> Iterator[Practice]:
    """``W103``: throttles that let everything pass, or stop every request."""
    used: list[Any] = [*api_settings.DEFAULT_THROTTLE_CLASSES]
    for cls in api.views:
        used.extend(each for each in cls.throttle_classes if each not in used)
    for throttle in used:
        if (
            isinstance(throttle, type)
            and issubclass(throttle, SimpleRateThrottle)
            and not issubclass(throttle, ScopedRateThrottle)
            and throttle.get_rate is SimpleRateThrottle.get_rate
            and not getattr(throttle, "rate", None)
            and throttle.scope
        ):
            yield from _without_rate(throttle, throttle.scope, _WHERE)
    for cls in api.views:
        scope = getattr(cls, "throttle_scope", None)
        if not scope or not _takes_default(cls, "get_throttles"):
            continue
        if not any(hasattr(each, "scope_attr") for each in cls.throttle_classes):
            place = name_place(cls, "throttle_scope") or class_place(cls)
            yield Practice(
                "W103",
                shown(cls),
                f'throttle_scope = "{scope}" has no effect: ScopedRateThrottle is not among the '
                "view's throttle classes.",
                rest_framework(
                    DEFAULT_THROTTLE_CLASSES=["rest_framework.throttling.ScopedRateThrottle"]
                )
                + ", or throttle_classes = [ScopedRateThrottle] on the view.",
                tuple(each for each in (place, class_place(cls)) if each),
                cls.__module__,
            )
        elif ScopedRateThrottle in cls.throttle_classes:
            yield from _without_rate(ScopedRateThrottle, scope, shown(cls))


def _without_rate(throttle: type[SimpleRateThrottle], scope: str, where: str) -> Iterator[Practice]:
    rates: Any = throttle.THROTTLE_RATES
    if rates.get(scope):
        return
    effect = (
        "it throttles nothing" if scope in rates else "each request that it judges is an error 500"
    )
    yield Practice(
        "W103",
        where,
        f'{throttle.__name__} finds no rate for the scope "{scope}": {effect}.',
        rest_framework(DEFAULT_THROTTLE_RATES={scope: "60/min"}),
    )


def versions(api: Api) -> Iterator[Practice]:
    """``W104``: no versioning class, and no version in any route."""
    if api_settings.DEFAULT_VERSIONING_CLASS or any(
        cls.versioning_class or not _takes_default(cls, "determine_version") for cls in api.views
    ):
        return
    if any(_VERSION_IN_ROUTE.search(endpoint.route) for endpoint in api.endpoints):
        return
    yield Practice(
        "W104",
        _WHERE,
        f"The API ({listed(api.routes, 2)}) has no versions: a breaking change reaches every "
        "client at once.",
        rest_framework(DEFAULT_VERSIONING_CLASS="rest_framework.versioning.NamespaceVersioning")
        + ' and path("api/v1/", include(("api.urls", "v1"), namespace="v1")).',
    )


def errors(api: Api) -> Iterator[Practice]:
    """``I101``: errors in the framework's several forms."""
    if api_settings.EXCEPTION_HANDLER is not exception_handler or any(
        not _takes_default(cls, "get_exception_handler") for cls in api.views
    ):
        return
    yield Practice(
        "I101",
        _WHERE,
        'Errors have several forms ({"detail": ...}, a dict of fields, a list, HTML for a 500): '
        "clients can't read them in one way.",
        rest_framework(EXCEPTION_HANDLER="api.errors.exception_handler")
        + ", a function of (exc, context) that puts what rest_framework.views.exception_handler "
        "returns into one envelope.",
    )


def _takes_default(cls: type, name: str) -> bool:
    """Whether nothing of the project, nor of an installed package, replaces the framework's."""
    return getattr(cls, name) is getattr(APIView, name)
