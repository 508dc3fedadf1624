"""A practice is accepted by a comment, a relation in the ways in which findings know it."""

from __future__ import annotations

import importlib
import sys
import textwrap
from itertools import count

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from tests.checks.conftest import SOUND

HEAD = """
from django.urls import path
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.pagination import PageNumberPagination

from nplusone_guard import allow
from tests.shop.models import Customer, Order

class Pages(PageNumberPagination):
    page_size = 25

"""
numbers = count()


@pytest.fixture
def said(tmp_path, monkeypatch):
    """The ids and messages for a project of one module."""
    monkeypatch.syspath_prepend(tmp_path)

    def run(source, **settings):
        name = f"accepted_project_{next(numbers)}"
        routes = 'urlpatterns = [path("orders/", Orders.as_view())]'
        text = f"{HEAD}{textwrap.dedent(source)}\n{routes}\n"
        (tmp_path / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        with override_settings(ROOT_URLCONF=name, REST_FRAMEWORK=SOUND, **settings):
            messages = run_checks(tags=["query_guard"])
        del sys.modules[name]
        return [(each.id.removeprefix("nplusone_guard."), each.msg) for each in messages]

    return run


def ids(found):
    return [number for number, _ in found]


NAMES = """
class Names(serializers.ModelSerializer):
    class Meta:
        model = Customer
        fields = ["name"]

class Shown(serializers.ModelSerializer):
    customer = Names(){comment}
    class Meta:
        model = Order
        fields = ["customer"]

"""


def orders(header="class Orders(ListAPIView):", comment="", serializer=NAMES, **body):
    lines = {
        "queryset": "queryset = Order.objects.all()",
        "serializer_class": "serializer_class = Shown",
        "pagination_class": "pagination_class = Pages",
        **body,
    }
    return f"{serializer.format(comment=comment)}\n{header}\n" + "\n".join(
        f"    {line}" for line in lines.values()
    )


def test_what_is_not_accepted_is_said(said):
    assert ids(said(orders())) == ["W131"]


@pytest.mark.parametrize(
    "header",
    [
        "class Orders(ListAPIView):  # guard: allow[W131] three rows at most",
        "class Orders(ListAPIView):  # guard: allow[nplusone_guard.W131] three rows at most",
        "class Orders(ListAPIView):  # guard: allow[W131, until=2999-12-31] three rows at most",
        "class Orders(ListAPIView):  # guard: allow[shop.Order.customer] three rows at most",
        "class Orders(ListAPIView):  # guard: allow[shop.*.customer] three rows at most",
        'class Orders(  # guard: allow[W131] three rows\n    ListAPIView,\n):\n    """Rows."""',
        '@allow(relation="shop.Order.customer", reason="three rows")\nclass Orders(ListAPIView):',
    ],
)
def test_the_header_of_a_view_accepts(said, header):
    assert said(orders(header)) == []


def test_a_comment_accepts_the_check_it_names_alone(said):
    header = "class Orders(ListAPIView):  # guard: allow[W131] three rows"
    body = {"pagination_class": "pagination_class = None"}
    assert ids(said(orders(header, **body))) == ["W111"]


def test_two_comments_accept_two(said):
    header = "class Orders(ListAPIView):  # guard: allow[W131] few # guard: allow[W111] few"
    assert said(orders(header, pagination_class="pagination_class = None")) == []


def test_the_line_of_the_queryset_accepts(said):
    line = "queryset = Order.objects.all()  # guard: allow[W131] three rows at most"
    assert said(orders(queryset=line)) == []


def test_the_line_of_the_pagination_accepts(said):
    body = {"pagination_class": "pagination_class = None  # guard: allow[W111] the seven days"}
    header = "class Orders(ListAPIView):  # guard: allow[shop.Order.customer] three rows"
    assert said(orders(header, **body)) == []


def test_the_line_of_the_serializers_field_accepts_its_relation(said):
    comment = "  # guard: allow[shop.Order.customer] three rows at most"
    assert said(orders(comment=comment)) == []


def test_the_line_of_the_fields_accepts(said):
    serializer = NAMES.replace(
        'fields = ["customer"]', 'fields = "__all__"  # guard: allow[W121] an internal API'
    )
    queryset = 'queryset = Order.objects.select_related("customer")'
    assert said(orders(serializer=serializer, queryset=queryset)) == []


@pytest.mark.parametrize("relation", ["shop.Order.customer", "*"])
def test_the_settings_accept_a_relation(said, relation):
    allowed = {"ALLOW": [{"relation": relation, "reason": "few"}]}
    assert said(orders(), NPLUSONE_GUARD={"ENABLED": False, **allowed}) == []


def test_another_relation_is_not_accepted(said):
    allowed = {"ALLOW": [{"relation": "shop.Order.payer", "reason": "few"}]}
    assert ids(said(orders(), NPLUSONE_GUARD={"ENABLED": False, **allowed})) == ["W131"]


def test_a_method_that_allows_it_accepts_it(said):
    method = """@allow(relation="shop.Order.customer", reason="three rows")
    def list(self, request, *args, **kwargs):
        return super().list(request, *args, **kwargs)"""
    assert said(orders(method=method)) == []


def test_an_id_in_the_settings_silences_it_everywhere(said):
    assert ids(said(orders())) == ["W131"]
    silenced = ["nplusone_guard.W131"]
    with override_settings(SILENCED_SYSTEM_CHECKS=silenced, ROOT_URLCONF="tests.checks.bad.urls"):
        found = run_checks(tags=["query_guard"])
        assert {each.id for each in found if each.is_silenced()} == set(silenced)


# --- I191: comments that accept nothing ---

SOUND_ROWS = {"queryset": 'queryset = Order.objects.select_related("customer")'}


def header(comment):
    return f"class Orders(ListAPIView):  # guard: {comment}"


def test_a_comment_that_is_needed_no_longer_is_told_of(said):
    found = said(orders(header("allow[W131] three rows"), **SOUND_ROWS))
    assert found == [("I191", "allow[W131] accepts nothing: the check has nothing to say there.")]


def test_one_that_has_expired_accepts_nothing(said):
    found = said(orders(header("allow[W131, until=2020-01-31] three rows")))
    assert ids(found) == ["W131", "I191"]
    assert found[1][1] == ("allow[W131] accepts nothing: it expired on 2020-01-31.")


@pytest.mark.parametrize(
    ("comment", "lacks"),
    [
        ("allow[W131]", "it gives no reason; write it as # guard: allow[app.Model.field] reason"),
        ("allow[W131, until=soon] few", "until='soon': it takes a date, or text as \"2027-06-30\""),
    ],
)
def test_one_that_is_not_written_so_accepts_nothing(said, comment, lacks):
    found = said(orders(header(comment)))
    assert ids(found) == ["W131", "I191"]
    assert found[1][1] == f"allow[W131] accepts nothing: {lacks}."


def test_of_a_view_that_can_not_be_judged_it_is_not_known(said):
    method = """def get_queryset(self):
        return Order.objects.filter(pk=self.request.user.customer.pk)"""
    assert said(orders(header("allow[W131] three rows"), method=method)) == []
