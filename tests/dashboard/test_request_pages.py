"""A request's page, two requests side by side, and endpoints over time."""

from __future__ import annotations

import re
import sys
import time
from dataclasses import replace
from html import unescape

import pytest

from nplusone_guard.dashboard import source
from tests.dashboard.reading import rows, text
from tests.dashboard.records import record
from tests.dashboard.test_hostile import evil_location, evil_record

# --- A request ---


@pytest.fixture
def naive(site):
    site.get("/orders/serialized/")
    return site.page(f"requests/{site.last().id}/")


def test_a_finding_has_its_relation_its_field_and_its_fix(naive):
    said = text(naive)
    assert "N+1 5x shop.Order.customer" in said
    assert "field NamedOrder.customer_name" in said
    assert 'select_related("customer")' in said
    assert "a fix saves 5 queries" in said


def test_the_line_is_shown_among_those_around_it_with_the_expression_marked(naive):
    (shown,) = re.findall(r'<pre class="source excerpt".*?</pre>', naive, re.DOTALL)[:1]
    lines = re.findall(r'<span class="row( here)?">(.*?)\n</span>', shown, re.DOTALL)
    (here,) = [line for mark, line in lines if mark]
    assert len(lines) > 2
    marked = "".join(re.findall(r"<mark>(.*?)</mark>", here))
    assert text(marked).replace(" ", "") == (
        'customer_name=serializers.CharField(source="customer.name")'
    )


def test_a_line_of_a_file_that_was_edited_since_is_doubted(site, tmp_path):
    file = tmp_path / "edited.py"
    file.write_text("first = 1\nsecond = 2\n")
    location = evil_location() | {"file": str(file), "line": 2, "end_line": 2}
    for name, at in {"0a": time.time() + 60, "0b": time.time() - 60}.items():
        site.store.add([replace(evil_record(name, location=location), at=at)])
    since, before = site.page("requests/0a/"), site.page("requests/0b/")
    assert '<span class="line">2</span><mark>secon</mark>d' in since
    assert "This file has changed since" not in since
    assert "This file has changed since" in before


def test_each_select_of_the_timeline_can_be_explained(naive, site):
    urls = re.findall(r'hx-post="([^"]*)"', naive[naive.index('id="timeline"') :])
    assert len(urls) == 2
    for url in urls:
        assert site.client.post(url, headers={"HX-Request": "true"}).status_code == 200


def test_python_and_sql_are_coloured(naive):
    assert '<span class="s">&quot;customer.name&quot;</span>' in naive
    assert '<span class="k">SELECT</span>' in naive


def test_without_pygments_the_source_is_plain(site, monkeypatch):
    site.get("/orders/serialized/")
    for name in ("pygments.lexers.python", "pygments.lexers.templates", "pygments.token"):
        monkeypatch.setitem(sys.modules, name, None)
    source._coloured.cache_clear()
    try:
        page = site.page(f"requests/{site.last().id}/")
    finally:
        source._coloured.cache_clear()
    assert "&quot;customer.name&quot;" in page
    assert '<span class="s">&quot;customer.name' not in page


def test_repeated_statements_are_one_bar_of_the_timeline(naive):
    timeline = text(naive[naive.index('id="timeline"') : naive.index('id="fields"')])
    assert "shop.Order.customer select 5x" in timeline
    assert "shop_order select 1x" in timeline


def test_queries_hang_from_the_field_that_asked_for_them(naive):
    fields = naive[naive.index('id="fields"') :]
    found = re.findall(r'<th scope="row" class="(l\d)"><code>(.*?)</code>.*?</tr>', fields)
    assert ("l1", "NamedOrder") in found
    assert found.index(("l2", "customer_name")) == found.index(("l1", "NamedOrder")) + 1
    assert "5 queries" in text(fields)


def test_the_same_endpoint_at_other_times_is_offered_for_comparison(site):
    site.get("/orders/")
    first = site.last().id
    site.get("/orders/")
    page = site.page(f"requests/{site.last().id}/")
    assert f"compare/?id={first}&amp;id={site.last().id}" in page


def test_a_request_that_is_not_held_any_more_says_so(site):
    assert "it went to make room for newer ones" in text(site.page("requests/00ff/", 404))


# --- Two requests ---


def test_two_requests_side_by_side_show_what_a_fix_changed(site):
    site.get("/orders/")
    before = site.last().id
    site.get("/orders/tuned/")
    after = site.last().id
    for query in (f"id={before}&id={after}", f"id={after}&id={before}"):  # the older one first
        said = text(site.page(f"compare/?{query}"))
        assert "6 → 1 queries" in said
        assert "queries 6 1 -5" in said
        assert "gone N+1 5x shop.Order.customer" in said
        assert "shop.Order.customer select 5x → none" in said
    assert "1 → 6 queries" in text(site.page(f"compare/?id={before}&id={after}&swap=1"))


def test_a_finding_in_both_is_still_there(site):
    for _ in range(2):
        site.get("/orders/")
    query = "&".join(f"id={row.id}" for row in site.store.list())
    assert "still there N+1 5x" in text(site.page(f"compare/?{query}"))


@pytest.mark.parametrize("query", ["", "?id=00ff", "?id=1&id=2&id=3", "?id=1&id=1"])
def test_other_than_two_are_not_compared(query, site):
    assert "Choose two requests" in text(site.page(f"compare/{query}"))


def test_two_of_which_one_is_gone_are_not_compared(site):
    site.get("/orders/")
    site.page(f"compare/?id={site.last().id}&id=00ff", 404)


# --- Endpoints ---


def test_an_endpoint_shows_how_its_cost_developed(site):
    site.store.add(
        [
            record("/orders/", queries=queries, wall_ms=wall_ms)
            for queries, wall_ms in [(152, 80.0), (152, 90.0), (4, 10.0)]
        ]
    )
    page = site.page("endpoints/")
    said = text(page)
    assert "GET orders/" in said
    assert "3 requests 4 queries at last 4 to 152 over time median 80.0 ms p95 90.0 ms" in said
    assert 'aria-label="queries: 152 at first, 152 at most, 4 at last"' in page
    (points, _) = re.findall(r'<polyline points="([^"]*)"', page)
    assert points == "3.0,3.0 60.0,3.0 117.0,28.3"


def test_an_endpoint_leads_to_its_requests(site):
    site.get("/orders/")
    site.get("/nowhere/")
    links = re.findall(r'<h2><a href="([^"]*)"', site.page("endpoints/"))
    assert len(links) == 2
    for link in links:
        page = site.client.get(unescape(link)).content.decode()
        assert len(rows(page)) == 1
