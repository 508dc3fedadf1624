"""What the lab does not do: each refusal says what, where, and what allows it."""

from __future__ import annotations

import pytest
from django.core import mail
from django.db import connections, models
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from nplusone_guard.errors import LabRefused
from nplusone_guard.lab import prove
from nplusone_guard.lab.refuse import is_test_database
from tests.shop.models import Order, Tag

pytestmark = [
    pytest.mark.django_db(databases="__all__"),
    pytest.mark.urls("tests.lab.test_refusals"),
]


def names():
    return [order.customer.name for order in Order.objects.all()]


def proving(request):
    prove(names)
    return HttpResponse()


def posted(request):
    Tag.objects.create(name=request.method)
    return HttpResponse(request.method)


urlpatterns = [path("proving/", proving), path("posted/", posted)]


def test_it_does_not_run_within_a_request():
    with pytest.raises(LabRefused, match=r"while a request is being served.*call it from a test"):
        Client().get("/proving/")


def test_it_does_not_run_within_itself(shop):
    with pytest.raises(LabRefused, match="on trial already"):
        prove(lambda: prove(names))


def test_it_does_not_run_where_debug_is_off_outside_of_tests(monkeypatch, shop):
    monkeypatch.delattr(mail, "outbox")
    with pytest.raises(LabRefused, match="allow_debug_off=True"):
        prove(names)
    assert prove(names, allow_debug_off=True).best is not None


def test_with_debug_on_it_runs_outside_of_tests(monkeypatch, settings, shop):
    monkeypatch.delattr(mail, "outbox")
    settings.DEBUG = True
    assert prove(names).best is not None


@pytest.mark.parametrize("name", ["shop", "/srv/shop.sqlite3"])
def test_it_does_not_ask_a_database_that_is_not_for_tests(monkeypatch, shop, name):
    monkeypatch.setitem(connections["default"].settings_dict, "NAME", name)
    with pytest.raises(LabRefused, match=f"'default' \\({name}\\).*allow_this_database=True"):
        prove(names)
    assert prove(names, allow_this_database=True).best is not None


def test_a_refusal_that_the_call_catches_is_raised_all_the_same(monkeypatch, shop):
    monkeypatch.setitem(connections["default"].settings_dict, "NAME", "shop")

    def catching():
        try:
            return names()
        except Exception:  # noqa: BLE001
            return []

    with pytest.raises(LabRefused):
        prove(catching)


def test_another_database_than_the_refused_one_may_be_asked(monkeypatch, shop):
    monkeypatch.setitem(connections["other"].settings_dict, "NAME", "shop")
    assert prove(names).best is not None


@pytest.mark.parametrize(
    ("name", "named", "expected"),
    [
        (":memory:", None, True),
        ("file:memorydb_default?mode=memory&cache=shared", None, True),
        ("test_shop", None, True),
        ("test_shop_gw1", None, True),
        ("shop", None, False),
        ("/srv/test_shop.sqlite3", None, False),
        ("/tmp/t.sqlite3", "/tmp/t.sqlite3", True),
        ("/tmp/t_1.sqlite3", "/tmp/t.sqlite3", True),
        ("checks", "checks", True),
        ("shop", "checks", False),
        ("shop_production", "shop", False),
        ("test_shop_scan", "test_shop", True),
    ],
)
def test_a_test_database_is_known_by_its_name(monkeypatch, name, named, expected):
    monkeypatch.setitem(connections["other"].settings_dict, "NAME", name)
    monkeypatch.setitem(connections["other"].settings_dict, "TEST", {"NAME": named})
    assert is_test_database(connections["other"]) is expected


def test_an_unsafe_request_is_not_sent():
    sent = []
    models.signals.post_save.connect(lambda **_: sent.append(1), sender=Tag, weak=False)
    try:
        with pytest.raises(LabRefused, match=r"refused POST /posted/.*safe=False"):
            prove(lambda: Client().post("/posted/"))
    finally:
        models.signals.post_save.receivers.pop()
        models.signals.post_save.sender_receivers_cache.clear()
    assert sent == []


def test_an_unsafe_request_is_sent_when_told_to():
    assert prove(lambda: Client().post("/posted/"), safe=False).status == 200
    assert Tag.objects.count() == 0


def test_a_safe_request_that_writes_is_refused_with_the_place_and_undone():
    with pytest.raises(LabRefused, match=r"INSERT in .*shop_tag.* at \S*test_refusals.py:\d+"):
        prove(lambda: Client().get("/posted/"))
    assert Tag.objects.count() == 0


def test_it_does_not_run_on_an_event_loop():
    from asgiref.sync import async_to_sync

    async def run():
        prove(names)

    with pytest.raises(LabRefused, match="sync_to_async"):
        async_to_sync(run)()
