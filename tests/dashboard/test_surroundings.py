"""Projects that are set up in other ways than the documentation's."""

from __future__ import annotations

import logging
import re

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.test import AsyncClient, Client, override_settings
from django.urls import get_script_prefix, set_script_prefix

from nplusone_guard.dashboard import recording
from tests.dashboard.reading import rows
from tests.dashboard.records import record
from tests.serving import MIDDLEWARE

COMMON = "django.middleware.common.CommonMiddleware"


@pytest.fixture
def prefix():
    """A prefix, as a server's handler sets it."""
    before = get_script_prefix()
    set_script_prefix("/shop/")
    yield
    set_script_prefix(before)


def links(page):
    return [link for link in re.findall(r'(?:href|src|action|hx-get)="([^"#?]+)', page) if link]


def test_without_the_app_in_installed_apps_requests_are_recorded_all_the_same(site):
    apps = [app for app in settings.INSTALLED_APPS if app != "nplusone_guard"]
    with override_settings(INSTALLED_APPS=apps):
        site.get("/orders/")
        assert site.last().queries == 6
        assert "N+1" in site.page()


def test_under_a_script_prefix_all_links_keep_it(site, prefix):
    site.get("/orders/")
    for page in ("", f"requests/{site.last().id}/", "compare/", "endpoints/"):
        found = links(site.page(page))
        assert found
        assert {link.partition("__guard__")[0] for link in found} == {"/shop/"}


@pytest.mark.parametrize("asked", ["/__guard__/rows/?after=1", "/shop/__guard__/rows/?after=1"])
def test_under_a_script_prefix_polls_that_bring_nothing_are_still_no_line(asked, site, prefix):
    def passes(line, status):
        made = logging.LogRecord("django.server", 20, "", 0, "%s %s", (line, status), None)
        return logging.getLogger("django.server").filter(made)

    site.page()  # the URLs are loaded
    assert not passes(f"GET {asked} HTTP/1.1", "204")
    assert passes(f"GET {asked} HTTP/1.1", "200")
    assert passes("GET /orders/?after=1 HTTP/1.1", "204")


def test_within_a_namespace_of_the_projects_it_works_under_another_path(site):
    with override_settings(ROOT_URLCONF="tests.dashboard.nested"):
        response = site.get("/orders/")
        page = response.headers["X-Guard-Page"]
        assert page == f"/ops/n+1/requests/{site.last().id}/"
        for path in (page, "/ops/n+1/", "/ops/n+1/endpoints/"):
            found = links(site.client.get(path).content.decode())
            assert {link[:9] for link in found} == {"/ops/n+1/"}
        assert site.store.totals().added == 1  # its own pages are not recorded


def test_where_no_link_can_lead_to_it_nothing_is_recorded_and_nothing_breaks(site, caplog):
    with override_settings(ROOT_URLCONF="tests.dashboard.unreachable"):
        assert site.get("/orders/").status_code == 200
        assert site.store.totals().records == 0
    assert caplog.text == ""


def test_append_slash_off_changes_nothing(site):
    with override_settings(APPEND_SLASH=False, MIDDLEWARE=[MIDDLEWARE, COMMON]):
        site.get("/orders/")
        assert len(rows(site.page())) == 1
        assert Client().get("/__guard__").status_code == 404


@pytest.mark.parametrize("aware", [True, False])
def test_times_are_local_whatever_use_tz_says(aware, site):
    with override_settings(USE_TZ=aware):
        site.store.add([record(at=0.0)])
        page = site.page()
    assert re.search(r'<time datetime="19(70|69)-[^"]+[+-]\d\d:\d\d"', page)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_under_asgi_a_plan_can_be_asked_for(headers, site):
    site.get("/orders/")
    client = AsyncClient()
    path = f"/__guard__/requests/{site.last().id}/explain/0/"
    response = async_to_sync(client.post)(path, headers=headers)
    assert response.status_code == 200
    assert "SCAN" in response.content.decode()


@pytest.mark.django_db(databases=["default", "other"])
def test_the_statements_of_two_databases_are_told_apart_and_asked_where_they_ran(site):
    from tests.dashboard.urls import Order

    with override_settings(ROOT_URLCONF=__name__):
        site.get("/both/")
        stored = site.store.get(site.last().id)
    assert [group["database"] for group in stored.payload["report"]["groups"]] == [
        "default",
        "other",
    ]
    page = site.page(f"requests/{site.last().id}/")
    assert "select, other" in page
    assert Order._meta.db_table in page
    for number in range(2):
        asked = site.client.post(f"/__guard__/requests/{site.last().id}/explain/{number}/")
        assert "SCAN" in asked.content.decode()


def both(request):
    from django.http import HttpResponse

    from tests.dashboard.urls import Order

    return HttpResponse(f"{Order.objects.count()} {Order.objects.using('other').count()}")


def _urls():
    from django.urls import include, path

    return [path("__guard__/", include("nplusone_guard.urls")), path("both/", both)]


urlpatterns = _urls()


def test_with_sessions_for_its_csrf_tokens_a_post_is_accepted(site):
    sessions = "django.contrib.sessions.middleware.SessionMiddleware"
    with override_settings(CSRF_USE_SESSIONS=True, MIDDLEWARE=[MIDDLEWARE, sessions]):
        client = Client(enforce_csrf_checks=True)
        page = client.get("/__guard__/").content.decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        assert client.post("/__guard__/clear/").status_code == 403
        accepted = client.post("/__guard__/clear/", {"csrfmiddlewaretoken": token})
    assert (accepted.status_code, accepted.headers["Location"]) == (302, "/__guard__/")


def test_each_request_in_a_transaction_opens_none_for_the_dashboard(site, monkeypatch):
    from django.db import connections, transaction

    for alias in connections:
        monkeypatch.setitem(connections[alias].settings_dict, "ATOMIC_REQUESTS", alias)
    opened = []
    monkeypatch.setattr(transaction, "atomic", lambda using=None, **_: opened.append(using))
    assert site.client.get("/__guard__/").status_code == 200
    assert opened == []


def test_a_place_for_temporary_files_that_is_missing_breaks_nothing(site, monkeypatch, caplog):
    import tempfile

    def none():
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    monkeypatch.setenv("HOME", "/nonexistent/home")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("nplusone_guard.dashboard.place._cache", lambda: None)
    with override_settings(NPLUSONE_GUARD={"DASHBOARD": {}, "REPORTERS": []}):
        assert recording.store().path.name.endswith(".sqlite3")
        assert site.client.get("/__guard__/").status_code == 200
