"""The list of requests, and what all pages have in common."""

from __future__ import annotations

import logging
import re
import sqlite3
from contextlib import closing
from html import unescape

import pytest
from django.test import override_settings

from nplusone_guard.dashboard import recording
from tests.dashboard.reading import rows, text
from tests.dashboard.records import record


def polled(html):
    (url,) = re.findall(r'hx-get="(/__guard__/rows/[^"]*)"', html)
    return unescape(url)


def add(site, count, **keys):
    site.store.add([record(f"/page/{number}/", **keys) for number in range(count)])


# --- The list ---


def test_without_a_request_the_list_says_what_to_do(site):
    assert "No request yet. Send one to your site: it appears here by itself." in text(site.page())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"MIDDLEWARE": []}, "GuardMiddleware is not in MIDDLEWARE"),
        ({"NPLUSONE_GUARD": {"ENABLED": False}}, "The guard is off"),
    ],
)
def test_without_a_way_to_get_a_request_the_list_says_what_is_in_it(changed, said, site):
    with override_settings(**changed):
        assert said in text(site.page())


def test_a_request_is_listed_with_what_it_cost_and_what_is_wrong(site):
    site.get("/orders/")
    site.get("/orders/tuned/")
    tuned, naive = map(text, rows(site.page()))
    assert re.search(r"GET /orders/ 200 6 queries N\+1 5 to save", naive)
    assert re.search(r"GET /orders/tuned/ 200 1 queries no finding", tuned)


def test_filters_are_links_that_can_be_kept(site):
    site.get("/orders/")
    site.get("/orders/tuned/")
    site.get("/nowhere/")
    for query, expected in {
        "path=tuned": ["/orders/tuned/"],
        "status=4xx": ["/nowhere/"],
        "finding=any": ["/orders/"],
        "finding=none&status=2xx": ["/orders/tuned/"],
    }.items():
        found = [re.search(r"GET</span> (\S+)</a>", row)[1] for row in rows(site.page(f"?{query}"))]
        assert found == expected, query
    assert 'value="tuned"' in site.page("?path=tuned")
    assert "No request fits the filter" in site.page("?path=nothing-like-this")


def test_the_list_has_pages(site):
    add(site, 250)
    first = site.page()
    (older,) = re.findall(r'href="\?([^"]*)">Older', first)
    second = site.page(f"?{unescape(older)}")
    assert [len(rows(page)) for page in (first, second)] == [100, 100]
    assert "/page/249/" in first
    assert "/page/149/" in second
    assert "Latest" in second


def test_a_poll_brings_what_came_since_and_a_cursor_for_the_next(site):
    site.get("/orders/")
    url = polled(site.page())
    assert site.client.get(url).status_code == 204
    site.get("/orders/tuned/")
    brought = site.client.get(url).content.decode()
    assert [
        "/orders/tuned/" in row
        for row in re.findall(r"<tr class=\".*?fresh.*?</tr>", brought, re.DOTALL)
    ] == [True]
    assert site.client.get(polled(brought)).status_code == 204


def test_a_poll_keeps_to_the_filter(site):
    url = polled(site.page("?path=tuned"))
    site.get("/orders/")
    assert site.client.get(url).status_code == 204
    site.get("/orders/tuned/")
    assert b"/orders/tuned/" in site.client.get(url).content


def test_a_page_whose_store_was_replaced_is_loaded_anew(site):
    add(site, 5)
    url = polled(site.page())
    for each in site.path.parent.glob("guard.sqlite3*"):
        each.unlink()
    assert site.client.get(url).headers["HX-Refresh"] == "true"


def test_older_pages_do_not_move_under_the_reader(site):
    add(site, 150)
    assert 'hx-get="/__guard__/rows/' not in site.page("?before=120")


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 30, "٣", ""])
def test_a_cursor_that_is_none_is_none(cursor, site):
    add(site, 1)
    assert "/page/0/" in site.page(f"?before={cursor}")
    assert site.client.get(f"/__guard__/rows/?after={cursor}").status_code == 200


def test_all_can_be_forgotten(site):
    add(site, 3)
    response = site.client.post("/__guard__/clear/")
    assert response.headers["Location"] == "/__guard__/"
    assert site.store.totals().records == 0


def test_what_was_dropped_is_said(site):
    held = site.store
    add(site, 1)
    with closing(held.open()) as connection:
        held.write(connection, [], ("another", 7))
    assert "7 dropped" in text(site.page())


def statements_of(site, page, monkeypatch):
    """The statements that a page sends to the store, but for pragmas."""
    sent = []
    connect = sqlite3.connect

    def traced(*args, **keys):
        connection = connect(*args, **keys)
        connection.set_trace_callback(sent.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    try:
        site.page(page)
    finally:
        monkeypatch.undo()
    return [statement for statement in sent if not statement.startswith("PRAGMA")]


@pytest.mark.parametrize("page", ["", "?path=page&status=2xx", "endpoints/"])
def test_a_page_sends_as_many_statements_whatever_is_stored(page, site, monkeypatch):
    add(site, 1)
    few = len(statements_of(site, page, monkeypatch))
    add(site, 1_000)
    assert len(statements_of(site, page, monkeypatch)) == few <= 2


# --- The rest ---


def test_all_that_a_page_loads_is_its_own_and_may_be_kept(site):
    page = site.page()
    found = re.findall(r'(?:src|href)="(/__guard__/static/[^"]*)"', page)
    assert {url.rpartition("/")[2] for url in found} == {
        "icon.svg",
        "guard.css",
        "htmx.min.js",
        "guard.js",
    }
    for url in found:
        response = site.client.get(url)
        assert response.status_code == 200
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert site.client.get(f"{found[0].rpartition('/')[0]}/other.js").status_code == 404
    assert site.client.get("/__guard__/static/0000/guard.css").status_code == 404


def test_no_page_needs_what_its_policy_forbids(site):
    site.get("/orders/serialized/")
    name = site.last().id
    for url in ("", f"requests/{name}/", f"compare/?id={name}&id={name}", "endpoints/"):
        page = site.page(url)
        assert "style=" not in page
        assert "<style" not in page
        assert not re.search(r"\son\w+=", page)
        assert not re.search(r"<script(?! src=)", page)
        assert "http://" not in page.replace("http://www.w3.org", "")
        assert "https://" not in page


def test_pages_do_not_depend_on_the_projects_templates_or_locale(site, settings):
    settings.TEMPLATES = []
    settings.USE_THOUSAND_SEPARATOR = True
    settings.LANGUAGE_CODE = "de"
    site.store.add([record("/a/", queries=1234, wall_ms=2345.6)])
    assert "1,234" in site.page()


@pytest.mark.parametrize(
    ("line", "status", "logged"),
    [
        ("GET /__guard__/rows/?after=3 HTTP/1.1", "204", False),
        ("GET /__guard__/rows/?after=3 HTTP/1.1", "200", True),
        ("GET /orders/ HTTP/1.1", "204", True),
    ],
)
def test_a_poll_that_brings_nothing_is_no_line_of_the_dev_servers_log(
    line, status, logged, site, caplog
):
    site.page()  # the URLs are loaded
    caplog.set_level(logging.INFO, "django.server")
    logger = logging.getLogger("django.server")
    logger.addHandler(caplog.handler)
    try:
        logger.info('"%s" %s %s', line, status, "0")
    finally:
        logger.removeHandler(caplog.handler)
    assert bool(caplog.records) is logged


def test_a_store_of_garbage_is_said_on_the_page_and_breaks_none(site):
    site.path.parent.mkdir(exist_ok=True)
    site.path.write_bytes(b"garbage" * 1_000)
    assert "The store can not be read." in text(site.page())
    assert "The store can not be read." in text(site.page("endpoints/"))
    assert "The store can not be used." in text(site.page("requests/00ff/", 404))
    assert "The store can not be used." in text(site.page("compare/?id=1&id=2", 404))
    assert site.client.get("/__guard__/rows/?after=0").status_code == 204
    assert site.client.post("/__guard__/clear/").status_code == 404
    assert site.client.get("/orders/").status_code == 200
    recording.writer().flush()
