"""The badge on pages of REST framework's browsable API: where it is, what it says, where not."""

from __future__ import annotations

import gzip
import re

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client, override_settings
from django.urls import get_script_prefix, set_script_prefix

from nplusone_guard.dashboard import badge
from tests.dashboard.conftest import Site, settings_for
from tests.dashboard.reading import text
from tests.serving import MIDDLEWARE

HTML = {"Accept": "text/html"}
BADGE = re.compile(r'<aside class="nplusone-guard-badge".*?</aside>', re.DOTALL)
URLS = "tests.dashboard.browsable"
PERMISSION = "tests.dashboard.browsable.asks_the_database"


@pytest.fixture
def api(tmp_path, shop):
    path = tmp_path / "guard.sqlite3"
    with override_settings(**{**settings_for(path), "ROOT_URLCONF": URLS}):
        yield Site(path)


def badges(response):
    return BADGE.findall(response.content.decode(response.charset))


def test_it_counts_queries_and_findings_and_links_to_the_requests_page(api):
    response = api.get("/api/", headers=HTML)
    (found,) = badges(response)
    assert text(found) == "6 queries, 1 finding"
    (link,) = re.findall(r'href="([^"]+)"', found)
    assert link == response.headers["X-Guard-Page"] == f"/__guard__/requests/{api.last().id}/"
    assert "shop.Order.customer" in api.client.get(link).content.decode()


def test_it_stands_at_the_end_of_the_page_with_a_style_of_its_own(api):
    page = api.get("/api/", headers=HTML).content.decode()
    assert re.search(r"</aside>\s*</body>\s*</html>\s*$", page)
    (style,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"><aside', page)
    served = api.client.get(style)
    assert served.headers["Content-Type"] == "text/css; charset=utf-8"
    assert b".nplusone-guard-badge" in served.content


def test_it_brings_no_script_and_no_inline_style(api):
    with_badge = api.get("/api/", headers=HTML).content.decode()
    added = with_badge[with_badge.index('<link rel="stylesheet" href="/__guard__') :]
    assert "<script" not in added
    assert "style=" not in added
    assert not re.search(r"\son\w+=", added)


def test_the_length_of_the_response_is_told_as_it_is(api):
    common = "django.middleware.common.CommonMiddleware"
    with override_settings(MIDDLEWARE=[MIDDLEWARE, common]):
        response = api.get("/api/", headers=HTML)
    assert badges(response)
    assert int(response.headers["Content-Length"]) == len(response.content)


def test_a_request_over_budget_says_so(api):
    guard = {"REPORTERS": [], "BUDGET": {"queries": 2}, "DASHBOARD": {"PATH": str(api.path)}}
    with override_settings(NPLUSONE_GUARD=guard):
        (found,) = badges(api.get("/api/", headers=HTML))
    assert text(found) == "6 queries, 1 finding , over budget"
    assert 'class="error"' in found


def test_a_request_with_nothing_wrong_says_so(api):
    with override_settings(MIDDLEWARE=[MIDDLEWARE]):
        guard = {"THRESHOLD": 100, "REPORTERS": [], "DASHBOARD": {"PATH": str(api.path)}}
        with override_settings(NPLUSONE_GUARD=guard):
            (found,) = badges(api.get("/api/", headers=HTML))
    assert text(found) == "6 queries, nothing to mend"


def test_the_pages_charset_is_kept(api):
    response = api.get("/api/utf-16/", headers=HTML)
    assert response.charset == "utf-16"
    assert len(badges(response)) == 1
    assert response.content.startswith((b"\xff\xfe", b"\xfe\xff"))
    assert response.content.decode("utf-16").count("\ufeff") == 0


def test_it_is_put_before_the_last_end_of_the_body(api):
    page = api.get("/api/hostile/", headers=HTML).content.decode()
    assert page.startswith("<!doctype html><body><p>İ</p><!-- </body> --><link ")
    assert page.endswith("</aside>\n</BODY ></html>")


def test_json_and_pages_of_the_projects_own_are_left_alone(api):
    assert api.get("/api/", headers={"Accept": "application/json"}).json()
    assert api.get("/page/").content == b"<!doctype html><body></body>"
    assert api.get("/api/no-body/", headers=HTML).content == b"<p>nothing of a page</p>"


def test_a_page_that_is_compressed_already_is_left_alone(api):
    zipped = "django.middleware.gzip.GZipMiddleware"
    with override_settings(MIDDLEWARE=[MIDDLEWARE, zipped]):
        response = api.get("/api/", headers={**HTML, "Accept-Encoding": "gzip"})
    assert b"nplusone-guard-badge" not in gzip.decompress(response.content)


def test_a_page_in_an_encoding_that_nobody_knows_is_left_alone(api):
    with override_settings(MIDDLEWARE=[MIDDLEWARE, "tests.dashboard.browsable.encoded"]):
        assert b"nplusone-guard-badge" not in api.get("/api/", headers=HTML).content


def test_a_page_that_is_compressed_further_out_has_it(api):
    zipped = "django.middleware.gzip.GZipMiddleware"
    with override_settings(MIDDLEWARE=[zipped, MIDDLEWARE]):
        response = api.get("/api/", headers={**HTML, "Accept-Encoding": "gzip"})
    assert b"nplusone-guard-badge" in gzip.decompress(response.content)


def test_no_validator_promises_that_the_next_page_is_the_same(api):
    with override_settings(MIDDLEWARE=[MIDDLEWARE, "tests.dashboard.browsable.validated"]):
        response = api.get("/api/", headers=HTML)
        assert badges(response)
        assert "ETag" not in response.headers
        assert api.get("/page/").headers["ETag"] == '"1"'


def test_the_setting_keeps_it_off(api):
    guard = {"REPORTERS": [], "DASHBOARD": {"PATH": str(api.path), "BADGE": False}}
    with override_settings(NPLUSONE_GUARD=guard):
        response = api.get("/api/", headers=HTML)
    assert badges(response) == []
    assert "X-Guard-Page" in response.headers


def test_without_the_dashboards_urls_there_is_none(api):
    with override_settings(ROOT_URLCONF="tests.dashboard.without"):
        response = Client().get("/api/", headers=HTML)
    assert response.status_code == 200
    assert badges(response) == []


def test_without_the_middleware_there_is_none(api):
    with override_settings(MIDDLEWARE=[]):
        assert badges(Client().get("/api/", headers=HTML)) == []


def closed(api, permission=None):
    dashboard = {"PERMISSION": permission} if permission else {}
    settings = settings_for(api.path, DASHBOARD=dashboard, ENABLED=True)
    return override_settings(**{**settings, "ROOT_URLCONF": URLS, "DEBUG": False})


def test_without_debug_nobody_sees_it(api):
    with closed(api):
        assert badges(Client().get("/api/", headers=HTML)) == []


def by_wsgi(path, **keys):
    return Client().get(path, **keys)


def by_asgi(path, **keys):
    return async_to_sync(AsyncClient().get)(path, **keys)


@pytest.mark.parametrize("get", [by_wsgi, by_asgi])
def test_without_debug_whom_the_permission_admits_sees_it(get, api):
    with closed(api, PERMISSION):
        assert badges(get("/api/", headers=HTML)) == []
        (found,) = badges(get("/api/", headers={**HTML, "X-Admin": "yes"}))
    assert text(found) == "6 queries, 1 finding"  # what the permission asks is not the request's


def test_under_asgi_it_is_there_too(api):
    (found,) = badges(by_asgi("/api/", headers=HTML))
    assert text(found) == "6 queries, 1 finding"


def test_under_a_script_prefix_the_link_keeps_it(api):
    before = get_script_prefix()
    set_script_prefix("/shop/")  # as a server's handler does
    try:
        page = Client().get("/api/", headers=HTML)
    finally:
        set_script_prefix(before)
    (found,) = badges(page)
    assert 'href="/shop/__guard__/requests/' in found
    assert 'href="/shop/__guard__/static/' in page.content.decode()


def test_a_fault_leaves_the_page_as_it_was(api, monkeypatch, caplog):
    def fails(*_):
        raise OSError("no template")

    monkeypatch.setattr(badge, "rendered", fails)
    response = api.get("/api/", headers=HTML)
    assert response.status_code == 200
    assert badges(response) == []
    assert "</body>" in response.content.decode()
    assert "could not put its badge on a page" in caplog.text


def test_a_page_in_another_charset_than_it_says_is_left_alone(api, caplog):
    with override_settings(MIDDLEWARE=[MIDDLEWARE, "tests.dashboard.browsable.mislabelled"]):
        response = api.get("/api/hostile/", headers=HTML)
    assert response.content.startswith(b"<!doctype html><body><p>")
    assert b"nplusone-guard-badge" not in response.content
    assert caplog.text == ""
