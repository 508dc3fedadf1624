"""``W111`` to ``W113``: lists in pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.db import models
from django.test.utils import isolate_apps, override_settings
from django.urls import path
from rest_framework import serializers
from rest_framework.filters import OrderingFilter
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.pagination import CursorPagination, LimitOffsetPagination, PageNumberPagination
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from tests.checks.conftest import SOUND
from tests.shop.models import Customer


class Names(serializers.ModelSerializer):
    class Meta:
        model = Customer
        fields = ("name",)


class Customers(ReadOnlyModelViewSet):
    queryset = Customer.objects.all()
    serializer_class = Names


def changed(**attributes):
    return type("Changed", (Customers,), {**attributes, "__module__": __name__})


class Pages(PageNumberPagination):
    page_size = 25


class Slices(LimitOffsetPagination):
    default_limit = 25
    max_limit = 100


class Feed(CursorPagination):
    page_size = 25
    ordering = "-id"


# --- W111: pages ---


def test_a_list_without_pages(said):
    (warning,) = said(Customers, only={"W111"})
    assert warning.obj == f"tests/checks/test_lists.py:{line_of('class Customers')} Customers"
    assert warning.msg == (
        "Its list holds all rows of shop.Customer in one response: pagination_class is None."
    )
    assert warning.hint == (
        'REST_FRAMEWORK = {..., "DEFAULT_PAGINATION_CLASS": '
        '"rest_framework.pagination.PageNumberPagination", "PAGE_SIZE": 25}'
    )


def test_a_list_that_declines_the_default(said):
    default = {"DEFAULT_PAGINATION_CLASS": "tests.checks.test_lists.Pages"}
    (warning,) = said(Customers, drf=default, only={"W111"})
    assert warning.hint == "pagination_class = Pages in Customers"


@pytest.mark.parametrize(
    ("paginator", "name"),
    [
        (PageNumberPagination, "page_size"),
        (CursorPagination, "page_size"),
        (LimitOffsetPagination, "default_limit"),
    ],
)
def test_a_pagination_without_a_size_cuts_nothing(said, paginator, name):
    (warning,) = said(changed(pagination_class=paginator), only={"W111"})
    assert warning.msg == (
        f"Its list holds all rows of shop.Customer in one response: {paginator.__name__} has no "
        f"{name}, and without one it cuts nothing."
    )
    assert warning.hint == 'REST_FRAMEWORK = {..., "PAGE_SIZE": 25}'


class Unsized(PageNumberPagination):
    pass


def test_the_size_is_missing_in_a_class_of_the_project(said):
    (warning,) = said(changed(pagination_class=Unsized), only={"W111"})
    assert warning.hint == (
        f"page_size = 25 in tests/checks/test_lists.py:{line_of('class Unsized')} Unsized"
    )


def line_of(text):
    lines = Path(__file__).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(text))


class ByHand(ListModelMixin, GenericAPIView):
    queryset = Customer.objects.all()
    serializer_class = Names

    def get(self, request, *args, **kwargs):
        return self.list(request, *args, **kwargs)


class Calls(Customers):
    def list(self, request, *args, **kwargs):
        response = super().list(request, *args, **kwargs)
        response["X-Total"] = "3"
        return response


@pytest.mark.parametrize("view", [ByHand, Calls])
def test_a_list_that_ends_in_the_frameworks_is_one(said, view):
    assert len(said(view, only={"W111"})) == 1


class OwnSize(PageNumberPagination):
    def get_page_size(self, request):
        return 25


class OwnPages(PageNumberPagination):
    def paginate_queryset(self, queryset, request, view=None):
        return list(queryset[:25])


class Lists(Customers):
    def list(self, request, *args, **kwargs):
        return Response([])


class PagesByItself(Customers):
    def paginate_queryset(self, queryset):
        return list(queryset[:25])


@pytest.mark.parametrize(
    "view",
    [
        changed(pagination_class=Pages),
        changed(pagination_class=Slices),
        changed(pagination_class=Feed),
        changed(pagination_class=OwnSize),
        changed(pagination_class=OwnPages),
        changed(queryset=Customer.objects.all()[:100]),
        Lists,
        PagesByItself,
        path("customers/<int:pk>/", Customers.as_view({"get": "retrieve"})),
        path("customers/", Customers.as_view({"get": "list"}, pagination_class=Pages)),
    ],
)
def test_a_list_that_has_an_end_is_left_alone(said, view):
    assert said(view, only={"W111"}) == []


# --- W112: the largest page ---


class Asked(Pages):
    page_size_query_param = "size"


class UnlimitedSlices(LimitOffsetPagination):
    default_limit = 25


def test_a_page_as_large_as_the_client_asks(said):
    view = changed(pagination_class=Asked)
    (warning,) = said(view, type("Another", (view,), {}), only={"W112"})
    place = f"tests/checks/test_lists.py:{line_of('class Asked')} Asked"
    assert warning.obj == place
    assert warning.msg == "Asked has no max_page_size: ?size=1000000 gets a million rows at once."
    assert warning.hint == f"max_page_size = 100 in {place}"


def test_a_slice_as_large_as_the_client_asks(said):
    (warning,) = said(changed(pagination_class=UnlimitedSlices), only={"W112"})
    assert warning.msg == (
        "UnlimitedSlices has no max_limit: ?limit=1000000 gets a million rows at once."
    )


def test_the_frameworks_own_slices_have_no_limit(said):
    sized = type("Sized", (LimitOffsetPagination,), {"__module__": "rest_framework.pagination"})
    sized.default_limit = 25
    (warning,) = said(changed(pagination_class=sized), only={"W112"})
    assert warning.hint == "class Pages(Sized): max_limit = 100, and Pages in place of Sized."


@pytest.mark.parametrize(
    "paginator",
    [Pages, Slices, Feed, type("Most", (Asked,), {"max_page_size": 100}), OwnSize],
)
def test_pages_with_an_end_are_left_alone(said, paginator):
    assert said(changed(pagination_class=paginator), only={"W112"}) == []


# --- W113: the order of a cursor ---


def test_a_cursor_along_a_column_without_an_index(said):
    feed = type("ByName", (Feed,), {"ordering": ("-name", "id")})
    (warning,) = said(changed(pagination_class=feed), only={"W113"})
    assert warning.msg == (
        'ByName goes through shop.Customer by "-name", which has no index: each page sorts the '
        "whole table."
    )
    assert warning.hint == 'indexes = [models.Index(fields=["-name", "id"])] in Customer.Meta'


def test_the_order_that_a_filter_takes_from_the_view_counts(said):
    ordered = {"filter_backends": (OrderingFilter,), "ordering": "name"}
    (warning,) = said(changed(pagination_class=Feed, **ordered), only={"W113"})
    assert warning.msg.startswith('Feed goes through shop.Customer by "name"')


class Decides(Feed):
    ordering = "name"

    def get_ordering(self, request, queryset, view):
        return ("id",)


@pytest.mark.parametrize("paginator", [Feed, Decides, Pages])
def test_an_order_by_key_or_of_its_own_is_left_alone(said, paginator):
    assert said(changed(pagination_class=paginator), only={"W113"}) == []


@isolate_apps("tests.shop")
def test_what_an_index_leads_with(said):
    class Event(models.Model):
        plain = models.DateTimeField()
        indexed = models.DateTimeField(db_index=True)
        unique = models.DateTimeField(unique=True)
        leading = models.DateTimeField()
        following = models.DateTimeField()
        constrained = models.DateTimeField()
        together = models.DateTimeField()
        key = models.ForeignKey("self", models.CASCADE)

        class Meta:
            app_label = "shop"
            indexes = (models.Index(fields=["-leading", "following"], name="leading"),)
            constraints = (models.UniqueConstraint(fields=["constrained"], name="constrained"),)
            unique_together = (("together", "plain"),)

    class View(ListAPIView):
        queryset = Event.objects.annotate(annotated=models.F("plain"))
        serializer_class = Names

    names = [field.name for field in Event._meta.fields] + ["pk", "annotated"]
    found = set()
    for name in names:
        View.pagination_class = type("By", (Feed,), {"ordering": f"-{name}"})
        if said(View, only={"W113"}):
            found.add(name)
    assert found == {"plain", "following"}


@isolate_apps("tests.shop")
def test_of_a_table_that_others_manage_nothing_is_known(said):
    class Legacy(models.Model):
        at = models.DateTimeField()

        class Meta:
            app_label = "shop"
            managed = False

    class View(ListAPIView):
        queryset = Legacy.objects.all()
        serializer_class = Names
        pagination_class = type("By", (Feed,), {"ordering": "at"})

    assert said(View, only={"W113"}) == []


def test_one_view_at_several_routes_is_said_once():
    routes = tuple(path(f"{n}/", Customers.as_view({"get": "list"})) for n in range(3))
    with override_settings(ROOT_URLCONF=routes, REST_FRAMEWORK=SOUND):
        assert [each.id for each in run_checks(tags=["query_guard"])] == ["nplusone_guard.W111"]
