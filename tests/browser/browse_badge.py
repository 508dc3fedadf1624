"""The badge on a page of REST framework's browsable API."""

from __future__ import annotations

import re

from tests.browser.conftest import NAIVE

HTML = "text/html,application/xhtml+xml"


def browsable(visit, **options):
    """The naive list as a browser gets it, signed in by a token."""
    window = visit(**options)
    told = {"Authorization": f"Token {window.server.token}", "Accept": HTML}
    # Of the API's pages only: what they load, and where their links lead, is asked without.
    window.page.route(
        f"**{NAIVE}", lambda route: route.continue_(headers={**route.request.headers, **told})
    )
    window.open(NAIVE)
    return window


def test_it_counts_and_leads_to_the_requests_page(visit):
    window = browsable(visit)
    badge = window.page.get_by_role("complementary", name="N+1 guard")
    assert re.fullmatch(r"\d+ queries, 2 findings", badge.inner_text())
    assert window.accessible(".nplusone-guard-badge") == []
    queries = badge.inner_text().split()[0]
    badge.get_by_role("link").click()
    assert window.page.get_by_role("heading", level=1).inner_text().startswith(f"GET {NAIVE}")
    assert window.page.locator(".figures dd").first.inner_text() == queries
    window.clean()


def test_it_is_seen_below_in_the_middle_and_hides_nothing_when_printed(visit):
    page = browsable(visit).page
    badge = page.locator(".nplusone-guard-badge")
    box = badge.bounding_box()
    assert abs(box["x"] + box["width"] / 2 - 600) < 10
    assert box["y"] + box["height"] == 800 - 16
    page.emulate_media(media="print")
    assert not badge.is_visible()


def under_policy(window, take_away=""):
    """The naive list with a policy of the project's; what of it the policy forbids."""
    told = {"Authorization": f"Token {window.server.token}", "Accept": HTML}
    policy = {"Content-Security-Policy": "default-src 'self'"}

    def answer(route):
        response = route.fetch(headers={**route.request.headers, **told})
        body = re.sub(take_away, "", response.text()) if take_away else response.text()
        route.fulfill(response=response, body=body, headers={**response.headers, **policy})

    window.page.route(f"**{NAIVE}", answer)
    window.open(NAIVE)
    window.complaints.clear()
    return sorted(window.page.evaluate("window.forbidden"))


def test_a_policy_of_the_projects_own_has_nothing_against_it(visit):
    window = visit()
    forbidden = under_policy(window)
    position = "getComputedStyle(document.querySelector('.nplusone-guard-badge')).position"
    assert window.page.evaluate(position) == "fixed"
    bare = visit()
    without = under_policy(bare, take_away=r"<link [^>]*><aside class=.nplusone.*</aside>")
    assert bare.page.locator(".nplusone-guard-badge").count() == 0
    assert forbidden == without != []  # REST framework's own
