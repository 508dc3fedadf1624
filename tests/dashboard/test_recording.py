"""Which requests are recorded, and what a request knows of its record."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from nplusone_guard import BudgetExceeded
from nplusone_guard.dashboard import recording, request_id
from tests.dashboard.conftest import Site, settings_for
from tests.serving import MIDDLEWARE, WAYS, asgi, chunks
from tests.shop.models import Order


@pytest.mark.parametrize("way", WAYS)
def test_a_request_is_recorded_whichever_way_it_comes_in(way, site):
    send, prefix = WAYS[way]
    send(f"/{prefix}orders/")
    recording.writer().flush()
    row = site.last()
    assert (row.method, row.path, row.status, row.queries) == ("GET", f"/{prefix}orders/", 200, 6)
    assert (row.findings, row.kinds, row.severity) == (1, ("n_plus_one",), "error")
    assert row.wasted == 5
    assert site.store.get(row.id).payload["report"]["findings"][0]["relation"] == (
        "shop.Order.customer"
    )


@pytest.mark.parametrize("way", ["wsgi", "asgi-async"])
def test_a_streaming_response_is_recorded_at_its_end(way, site):
    send, prefix = WAYS[way]
    response = send(f"/{prefix}stream/")
    recording.writer().flush()
    assert site.store.list() == []
    chunks(way, response)
    recording.writer().flush()
    assert site.last().path == f"/{prefix}stream/"
    assert site.last().queries > 0


def test_no_parameter_and_no_query_string_is_stored(site):
    first = Order.objects.first()
    Order.objects.create(pk=4711, customer=first.customer, payer=first.payer)
    site.get("/orders/4711/?token=s3cret")
    payload = site.store.get(site.last().id).payload
    assert "s3cret" not in repr(payload)
    assert site.last().path == "/orders/4711/"
    assert "4711" not in repr(payload["report"]["groups"])


def test_a_view_knows_where_its_own_report_will_be(site):
    told = site.get("/told/").json()
    assert told["id"] == site.last().id
    assert told["url"] == f"/__guard__/requests/{told['id']}/"
    assert "GET" in site.page(f"requests/{told['id']}/")


def test_a_request_still_knows_its_id_after_the_response(site):
    response = site.get("/orders/")
    assert request_id(response.wsgi_request) == site.last().id


def test_the_response_names_the_page_of_its_report(site):
    response = site.get("/orders/")
    assert response.headers["X-Guard-Page"] == f"/__guard__/requests/{site.last().id}/"


def test_requests_to_the_dashboard_are_not_recorded_wherever_it_is(tmp_path, shop):
    path = tmp_path / "guard.sqlite3"
    with override_settings(**settings_for(path, EXCLUDE_PATHS=[])):
        site = Site(path)
        site.get("/orders/")
        response = site.get("/__guard__/")
        assert "X-Guard-Queries" not in response.headers
        assert [row.path for row in site.store.list()] == ["/orders/"]


@pytest.mark.parametrize("action", ["record", "warn"])
def test_it_is_recorded_whatever_else_happens_with_reports(action, tmp_path, shop):
    with override_settings(**settings_for(tmp_path / "guard.sqlite3", ACTION=action)):
        site = Site(tmp_path)
        site.get("/orders/")
        assert site.last().queries == 6


def test_a_request_that_is_raised_against_is_recorded_too(tmp_path, shop):
    keys = {"ACTION": "raise", "BUDGET": {"queries": 1}}
    with override_settings(**settings_for(tmp_path / "guard.sqlite3", **keys)):
        site = Site(tmp_path)
        with pytest.raises(BudgetExceeded):
            site.get("/orders/")
        recording.writer().flush()
        assert site.last().violations == 1


# --- Off ---

OFF = {
    "without DEBUG": {"DEBUG": False},
    "without its URLs": {"ROOT_URLCONF": "tests.shop.urls"},
    "switched off": {"NPLUSONE_GUARD": {"DASHBOARD": False}},
    "with the guard off": {"NPLUSONE_GUARD": {"ENABLED": False}},
    "not sampled": {"NPLUSONE_GUARD": {"SAMPLE_RATE": 0}},
}


@pytest.mark.parametrize("case", OFF)
def test_off_means_that_no_store_is_ever_opened(case, tmp_path, shop, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    settings = settings_for(tmp_path / "guard.sqlite3")
    changed = dict(OFF[case])
    guard = {**settings["NPLUSONE_GUARD"], **changed.pop("NPLUSONE_GUARD", {})}
    before = recording._current
    with override_settings(**{**settings, **changed, "NPLUSONE_GUARD": guard}):
        response = Client().get("/orders/")
        assert response.status_code == 200
        assert request_id(response.wsgi_request) is None
        assert "X-Guard-Page" not in response.headers
    assert recording._current is before
    assert list(tmp_path.iterdir()) == []


def test_with_a_permission_requests_are_recorded_without_debug(tmp_path, shop):
    keys = {
        "ENABLED": True,
        "DASHBOARD": {"PERMISSION": "tests.dashboard.urls.admits_header"},
    }
    path = tmp_path / "guard.sqlite3"
    with override_settings(**{**settings_for(path, **keys), "DEBUG": False}):
        site = Site(path)
        site.get("/orders/")
        assert site.last().path == "/orders/"


def test_the_default_place_is_the_users_cache_and_differs_by_project(tmp_path, shop, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    places = set()
    for base in ("one", "two"):
        with override_settings(BASE_DIR=f"/srv/{base}/site"):
            places.add(recording.default_path())
    assert {place.parent for place in places} == {tmp_path / "nplusone_guard"}
    assert len(places) == 2


def test_a_store_that_can_not_be_used_changes_no_response(tmp_path, shop, caplog):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "guard.sqlite3"
    with override_settings(**settings_for(path)):
        responses = [Client().get("/orders/") for _ in range(3)]
        recording.writer().flush()
        assert recording.writer().dropped == 3
        page = Client().get("/__guard__/")
    assert [response.status_code for response in responses] == [200, 200, 200]
    assert all(len(response.json()["names"]) == 5 for response in responses)
    assert page.status_code == 200
    assert "This process could not store 3 requests" in page.content.decode()
    assert len([each for each in caplog.records if "drops requests" in each.getMessage()]) == 1


def test_under_asgi_the_pages_answer_too(site):
    response = asgi("/__guard__/")
    assert response.status_code == 200
    assert b"No request yet" in response.content


def test_it_sits_with_other_middleware_and_the_csrf_check(site):
    with override_settings(
        MIDDLEWARE=[MIDDLEWARE, "django.middleware.csrf.CsrfViewMiddleware"],
    ):
        site.get("/orders/")
        assert "/orders/" in site.page()
