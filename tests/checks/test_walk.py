"""The walk through the URL conf: what is looked at, what is left alone, and that nothing breaks."""

from __future__ import annotations

import logging
import subprocess
import sys
import types

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.test import override_settings
from django.urls import include, path, re_path
from django.views.decorators.cache import cache_page
from rest_framework import generics
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.viewsets import ModelViewSet, ReadOnlyModelViewSet

from tests.checks.bad.serializers import CustomerSerializer, OrderSerializer
from tests.shop.models import Customer, Order


class Orders(ModelViewSet):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer

    @action(detail=False)
    def recent(self, request):
        return Response([])


def found(*routes, **options):
    with override_settings(ROOT_URLCONF=routes):
        return [each.id.removeprefix("nplusone_guard.") for each in run_checks(**options)]


def lists(*routes):
    """How many lists without pages are seen."""
    return found(*routes, tags=["query_guard"]).count("W111")


def routed(view=Orders):
    router = DefaultRouter()
    router.register("orders", view)
    return router.urls


@pytest.mark.parametrize(
    "routes",
    [
        routed(),
        [path("api/", include(routed()))],
        [path("<slug:shop>/", include([re_path(r"^(?P<year>\d{4})/", include(routed()))]))],
        [path("v1/", include((routed(), "shop"), namespace="v1"))],
        [path("orders/", cache_page(60)(Orders.as_view({"get": "list"})))],
        [path("orders/", Orders.as_view({"get": "list", "post": "create"}))],
    ],
)
def test_a_list_is_seen_wherever_it_is_routed(routes):
    assert lists(*routes) == 1


@pytest.mark.parametrize(
    "routes",
    [
        [],
        [path("orders/", Orders.as_view({"post": "create"}))],
        [path("orders/recent/", Orders.as_view({"get": "recent"}))],
        [path("token/", ObtainAuthToken.as_view())],
        [path("admin/", lambda request: None)],
    ],
)
def test_what_is_no_list_of_the_project_is_left_alone(routes):
    assert lists(*routes) == 0


def installed(cls):
    """A class as a package outside the project has it."""
    module = types.ModuleType("installed_package.views")
    module.__file__ = f"{sys.prefix}/lib/python3/site-packages/installed_package/views.py"
    sys.modules[module.__name__] = module
    return type(cls.__name__, (cls,), {"__module__": module.__name__})


def test_a_view_of_an_installed_package_is_not_judged():
    assert lists(path("orders/", installed(Orders).as_view({"get": "list"}))) == 0


def test_one_of_the_project_that_builds_on_it_is():
    view = type("Mine", (installed(Orders),), {"__module__": __name__})
    assert lists(path("orders/", view.as_view({"get": "list"}))) == 1


def test_the_frameworks_own_view_given_a_queryset_is_not():
    view = generics.ListAPIView.as_view(queryset=Customer.objects.all())
    assert found(path("customers/", view), tags=["query_guard"]) == []


def test_without_a_view_of_the_framework_nothing_is_said():
    assert found(path("", lambda request: None), tags=["query_guard"]) == []


# --- Nothing breaks ---


class Raises(ReadOnlyModelViewSet):
    serializer_class = CustomerSerializer

    def get_queryset(self):
        raise RuntimeError("no tenant")


class RaisesAtOnce(Raises):
    def __init__(self, **kwargs):
        raise RuntimeError("no container")


def test_a_view_that_raises_is_skipped_and_named_in_the_log(caplog):
    caplog.set_level(logging.DEBUG, logger="nplusone_guard")
    routes = (
        path("1/", Raises.as_view({"get": "list"})),
        path("2/", RaisesAtOnce.as_view({"get": "list"})),
        path("3/", Orders.as_view({"get": "list"})),
    )
    assert "W131" in found(*routes, tags=["query_guard"])
    assert caplog.messages == [
        "tests.checks.test_walk.Raises is not checked: RuntimeError('no tenant')",
        "tests.checks.test_walk.RaisesAtOnce is not checked: RuntimeError('no container')",
    ]


def test_it_is_named_at_a_level_that_nobody_sees(caplog):
    caplog.set_level(logging.INFO, logger="nplusone_guard")
    found(path("1/", Raises.as_view({"get": "list"})), tags=["query_guard"])
    assert caplog.messages == []


def test_a_url_conf_that_can_not_be_imported_is_left_to_django():
    with override_settings(ROOT_URLCONF="no_such_module"):
        assert run_checks(tags=["query_guard"]) == []
        with pytest.raises(ModuleNotFoundError, match="no_such_module"):
            run_checks(tags=["urls"])


def test_a_fault_of_one_check_keeps_no_other_from_speaking(caplog):
    broken = type("Broken", (Orders,), {"throttle_classes": None, "__module__": __name__})
    assert lists(path("orders/", broken.as_view({"get": "list"}))) == 1
    assert "The check idle_throttles failed; the others go on." in caplog.messages


def test_checks_of_one_app_are_of_its_classes_alone():
    with override_settings(ROOT_URLCONF=tuple(routed())):
        of_shop = run_checks(app_configs=[apps.get_app_config("shop")], tags=["query_guard"])
        everything = run_checks(tags=["query_guard"])
    assert {"settings.REST_FRAMEWORK"} == {each.obj for each in of_shop}
    assert {each.obj for each in of_shop} < {each.obj for each in everything}


class Counted(list):
    """Routes that count how often they are gone through."""

    times = 0
    __hash__ = object.__hash__

    def __iter__(self):
        self.times += 1
        return super().__iter__()


def test_routes_are_gone_through_once():
    routes = Counted(routed())
    with override_settings(ROOT_URLCONF=routes):
        run_checks(tags=["query_guard"])  # the first time Django looks whether they are routes
        routes.times = 0
        run_checks(tags=["query_guard"])
    assert routes.times == 1


# --- What it costs ---


def run(code, **environ):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ
    )
    return done.stdout.split()


SET_UP = """
import sys
import django
from django.conf import settings
settings.configure(INSTALLED_APPS={apps}, DATABASES={{}}, ROOT_URLCONF={urls!r})
django.setup()
from django.core.checks import run_checks
found = run_checks(tags=["query_guard"])
print(len(found), "rest_framework" in sys.modules, "django.contrib.contenttypes" in sys.modules)
"""


def test_importing_them_imports_nothing_of_the_framework():
    code = "import sys, nplusone_guard.checks; print('rest_framework' in sys.modules)"
    assert run(code) == ["False"]


def test_where_the_framework_is_not_used_it_is_not_imported():
    assert run(SET_UP.format(apps=["nplusone_guard"], urls="tests.shop.urls")) == [
        *("0", "False", "False")
    ]


def test_a_project_with_the_framework_alone_is_checked():
    """No authentication, no content types, no database."""
    installed = ["nplusone_guard", "rest_framework"]
    count, *_ = run(SET_UP.format(apps=installed, urls="tests.checks.bare"))
    assert int(count) > 0
