"""``W101`` to ``W104`` and ``I101``: the framework's settings."""

from __future__ import annotations

import pytest
from django.urls import include, path
from rest_framework.decorators import api_view, throttle_classes
from rest_framework.permissions import AllowAny, IsAdminUser
from rest_framework.throttling import AnonRateThrottle, ScopedRateThrottle, UserRateThrottle
from rest_framework.versioning import QueryParameterVersioning
from rest_framework.views import APIView


class Open(APIView):
    """It names no permission, no throttle, no version."""

    def get(self, request):
        raise NotImplementedError


class Closed(Open):
    permission_classes = (IsAdminUser,)


class Decided(Open):
    def get_permissions(self):
        return [IsAdminUser()]


class Meant(Open):
    permission_classes = (AllowAny,)


@api_view()
def function(request):
    raise NotImplementedError


# --- W101: permissions ---

ANYBODY = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"]}


def test_a_default_that_admits_everybody_names_the_views_it_opens(said):
    (warning,) = said(Open, Closed, Decided, Meant, drf=ANYBODY, only={"W101"})
    assert warning.obj == "settings.REST_FRAMEWORK"
    assert warning.msg == "AllowAny is the default permission: Open is open to everyone."
    assert warning.hint == (
        'REST_FRAMEWORK = {..., "DEFAULT_PERMISSION_CLASSES": '
        '["rest_framework.permissions.IsAuthenticated"]}, and permission_classes = [AllowAny] on '
        "the views that are meant to be open."
    )


def test_views_of_functions_count_too(said):
    (warning,) = said(Open, path("function/", function), drf=ANYBODY, only={"W101"})
    assert warning.msg == (
        "AllowAny is the default permission: Open and function are open to everyone."
    )


def test_where_each_view_has_its_own_the_next_one_is_meant(said):
    (warning,) = said(Closed, drf=ANYBODY, only={"W101"})
    assert warning.msg == (
        "AllowAny is the default permission: a view that forgets its own is open to everyone."
    )


def test_no_permission_at_all_is_the_same(said):
    (warning,) = said(Open, drf={"DEFAULT_PERMISSION_CLASSES": []}, only={"W101"})
    assert warning.msg == "There is no default permission: Open is open to everyone."


def test_a_view_that_is_meant_to_be_open_is_left_alone(said):
    assert said(Meant, only={"W101"}) == []


# --- W102 and W103: throttles ---

NONE = {"DEFAULT_THROTTLE_CLASSES": []}


def test_nothing_is_throttled(said):
    (warning,) = said(Open, drf=NONE, only={"W102"})
    assert warning.msg == (
        "Nothing is throttled: passwords can be tried and lists be read as fast as the server "
        "answers."
    )
    assert warning.hint == (
        'REST_FRAMEWORK = {..., "DEFAULT_THROTTLE_CLASSES": '
        '["rest_framework.throttling.AnonRateThrottle", '
        '"rest_framework.throttling.UserRateThrottle"], '
        '"DEFAULT_THROTTLE_RATES": {"anon": "60/min", "user": "600/min"}}'
    )


class Own(Open):
    def get_throttles(self):
        return []


class Sparse(AnonRateThrottle):
    rate = "5/min"


class Throttled(Open):
    throttle_classes = (Sparse,)


@api_view()
@throttle_classes([Sparse])
def throttled_function(request):
    raise NotImplementedError


@pytest.mark.parametrize("view", [Own, Throttled, path("function/", throttled_function)])
def test_one_view_that_throttles_shows_that_it_was_thought_of(said, view):
    assert said(Open, view, drf=NONE, only={"W102", "W103"}) == []


def test_a_throttle_whose_rate_is_none_throttles_nothing(said):
    (warning,) = said(type("T", (Open,), {"throttle_classes": (AnonRateThrottle,)}), only={"W103"})
    assert warning.msg == (
        'AnonRateThrottle finds no rate for the scope "anon": it throttles nothing.'
    )
    assert warning.hint == 'REST_FRAMEWORK = {..., "DEFAULT_THROTTLE_RATES": {"anon": "60/min"}}'


class Bursts(UserRateThrottle):
    scope = "bursts"


def test_a_throttle_whose_scope_has_no_rate_is_an_error_at_each_request(said):
    (warning,) = said(type("T", (Open,), {"throttle_classes": (Bursts,)}), only={"W103"})
    assert warning.msg == (
        'Bursts finds no rate for the scope "bursts": each request that it judges is an error 500.'
    )


class Rated(Bursts):
    THROTTLE_RATES = {"bursts": "5/min"}  # noqa: RUF012


class Decides(Bursts):
    def get_rate(self):
        return "5/min"


@pytest.mark.parametrize("throttle", [Sparse, Rated, Decides])
def test_a_throttle_with_a_rate_of_its_own_is_left_alone(said, throttle):
    view = type("T", (Open,), {"throttle_classes": (throttle,)})
    assert said(view, drf=NONE, only={"W103"}) == []


class Scoped(Open):
    throttle_scope = "uploads"


def test_a_scope_without_the_throttle_that_reads_it_has_no_effect(said):
    (warning,) = said(Scoped, only={"W103"}, drf=NONE)
    assert warning.obj.startswith("tests/checks/test_defaults.py:")
    assert warning.obj.endswith(" Scoped")
    assert warning.msg == (
        'throttle_scope = "uploads" has no effect: ScopedRateThrottle is not among the view\'s '
        "throttle classes."
    )
    assert warning.hint == (
        'REST_FRAMEWORK = {..., "DEFAULT_THROTTLE_CLASSES": '
        '["rest_framework.throttling.ScopedRateThrottle"]}, or throttle_classes = '
        "[ScopedRateThrottle] on the view."
    )


def test_a_scope_without_a_rate_is_an_error_at_each_request(said):
    view = type("Scoped", (Scoped,), {"throttle_classes": (ScopedRateThrottle,)})
    (warning,) = said(view, only={"W103"}, drf=NONE)
    assert warning.msg == (
        'ScopedRateThrottle finds no rate for the scope "uploads": each request that it judges is '
        "an error 500."
    )


class RatedScope(ScopedRateThrottle):
    THROTTLE_RATES = {"uploads": "1/s"}  # noqa: RUF012


class ScopedOwn(Scoped):
    throttle_classes = (RatedScope,)


@pytest.mark.parametrize("view", [ScopedOwn, type("Own", (Own, Scoped), {})])
def test_a_scope_that_is_read_is_left_alone(said, view):
    assert said(view, only={"W103"}, drf=NONE) == []


# --- W104: versions ---

UNVERSIONED = {"DEFAULT_VERSIONING_CLASS": None}


def test_an_api_without_versions(said):
    (warning,) = said(Open, Closed, drf=UNVERSIONED, only={"W104"})
    assert warning.msg == (
        "The API (open/ and closed/) has no versions: a breaking change reaches every client at "
        "once."
    )
    assert warning.hint == (
        'REST_FRAMEWORK = {..., "DEFAULT_VERSIONING_CLASS": '
        '"rest_framework.versioning.NamespaceVersioning"} and '
        'path("api/v1/", include(("api.urls", "v1"), namespace="v1")).'
    )


class Versioned(Open):
    versioning_class = QueryParameterVersioning


class Determined(Open):
    def determine_version(self, request, *args, **kwargs):
        return "1", None


@pytest.mark.parametrize(
    "view",
    [
        Versioned,
        Determined,
        path("api/v1/", include([path("open/", Open.as_view())])),
        path("v2/open/", Open.as_view()),
    ],
)
def test_versions_of_one_view_or_in_one_route_are_versions(said, view):
    assert said(Closed, view, drf=UNVERSIONED, only={"W104"}) == []


@pytest.mark.parametrize("route", ["api/v/", "vat/", "dev1/", "api/civ2/"])
def test_a_route_that_looks_alike_has_no_version(said, route):
    assert len(said(path(route, Open.as_view()), drf=UNVERSIONED, only={"W104"})) == 1


# --- I101: errors ---

PLAIN = {"EXCEPTION_HANDLER": "rest_framework.views.exception_handler"}


def test_errors_in_the_frameworks_forms(said):
    (info,) = said(Open, drf=PLAIN, only={"I101"})
    assert info.msg == (
        'Errors have several forms ({"detail": ...}, a dict of fields, a list, HTML for a 500): '
        "clients can't read them in one way."
    )
    assert info.hint == (
        'REST_FRAMEWORK = {..., "EXCEPTION_HANDLER": "api.errors.exception_handler"}, a function '
        "of (exc, context) that puts what rest_framework.views.exception_handler returns into one "
        "envelope."
    )


class Handled(Open):
    def get_exception_handler(self):
        raise NotImplementedError


def test_a_view_that_handles_its_errors_shows_that_it_was_thought_of(said):
    assert said(Open, Handled, drf=PLAIN, only={"I101"}) == []


def test_of_settings_that_follow_each_practice_nothing_is_said(said):
    assert said(Open, Closed, include_deployment_checks=True) == []
