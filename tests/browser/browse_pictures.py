"""The pictures of the documentation: ``UPDATE_SCREENSHOTS=1 make browser`` takes them anew."""

from __future__ import annotations

import pytest

from tests.browser.browse_badge import browsable
from tests.browser.conftest import JSON, NAIVE, TUNED

OTHERS = ["/api/v1/products/", "/api/naive/categories/", "/api/v1/orders/?page_size=2"]


@pytest.fixture(scope="module")
def story(chrome, server):
    """A store that holds some work: the naive list before and after, and some others; by path."""
    page = chrome.new_page(base_url=server.url)
    page.goto("/__guard__/")
    page.get_by_role("button", name="Forget all").click()
    page.locator("#nothing").wait_for()
    pages = {}
    for path in [*OTHERS, NAIVE, TUNED, NAIVE, TUNED]:
        _, headers = server.request(path, **JSON)
        pages[path] = headers["X-Guard-Page"]
    page.locator("#rows tr", has_text=TUNED).first.wait_for()
    page.close()
    return pages


def test_the_list(story, visit, picture):
    page = visit().open("/__guard__/")
    picture(page, "dashboard-list.png")


def test_a_request(story, visit, picture):
    page = visit(viewport={"width": 1200, "height": 1100}).open(story[NAIVE])
    picture(page, "dashboard-request.png")


def test_a_request_in_the_dark(story, visit, picture):
    page = visit(color_scheme="dark", viewport={"width": 1200, "height": 900}).open(story[NAIVE])
    card = page.get_by_role("region", name="Timeline")
    card.evaluate("each => scrollTo(0, each.offsetTop - 16)")
    picture(page, "dashboard-timeline.png")


def test_two_side_by_side(story, visit, picture):
    names = "&".join(f"id={story[path].split('/')[-2]}" for path in (NAIVE, TUNED))
    page = visit(viewport={"width": 1200, "height": 900}).open(f"/__guard__/compare/?{names}")
    picture(page, "dashboard-compare.png")


def test_endpoints(story, visit, picture):
    page = visit(viewport={"width": 1200, "height": 640}).open("/__guard__/endpoints/")
    picture(page, "dashboard-endpoints.png")


def test_the_badge(story, visit, picture):
    window = browsable(visit, viewport={"width": 1200, "height": 600})
    picture(window.page, "dashboard-badge.png")
