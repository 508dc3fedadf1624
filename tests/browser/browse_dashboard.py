"""The dashboard in a browser: seen as it comes, read, copied, compared; with any means of input."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import JSON, NAIVE, TUNED


@pytest.fixture(scope="module")
def both(server):
    """The pages of a naive and of a tuned request, by path."""
    pages = {}
    for path in (NAIVE, TUNED):
        server.request(path, **JSON)  # the first one pays for imports
        _, headers = server.request(path, **JSON)
        pages[path] = headers["X-Guard-Page"]
    return pages


def row(page, path):
    return page.locator("#rows tr", has_text=path).first


def test_a_finding_comes_live_its_fix_is_copied_and_what_it_brought_is_compared(visit, server):
    window = visit(permissions=["clipboard-read", "clipboard-write"])
    page = window.open("/__guard__/")
    page.evaluate("window.notLoadedAgain = true")
    server.request(NAIVE, **JSON)
    row(page, NAIVE).wait_for()
    assert page.evaluate("window.notLoadedAgain")
    assert "N+1" in row(page, NAIVE).inner_text()
    page.locator("#said", has_text="new request").wait_for(state="attached")

    row(page, NAIVE).get_by_role("link").click()
    fix = page.locator(".fix", has_text="select_related")
    assert page.get_by_role("heading", level=1).inner_text().startswith(f"GET {NAIVE}")
    assert "orders/naive.py" in fix.inner_text()
    fix.get_by_role("button", name="Copy").click()
    fix.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == 'select_related("customer")'
    window.clean()

    page.get_by_role("navigation").get_by_role("link", name="Requests").click()
    server.request(TUNED, **JSON)
    row(page, TUNED).wait_for()
    compare = page.get_by_role("button", name="Compare the two chosen")
    assert compare.is_disabled()
    for path in (NAIVE, TUNED):
        row(page, path).get_by_role("checkbox").check()
    compare.click()
    assert re.fullmatch(r"2\d\d → 4 queries", page.get_by_role("heading", level=1).inner_text())
    findings = page.get_by_role("region", name="Findings").get_by_role("listitem")
    assert findings.count() == 2
    assert all(text.startswith("gone N+1") for text in findings.all_inner_texts())
    window.clean()


PAGES = {
    "list": lambda both: "/__guard__/",
    "detail": lambda both: both[NAIVE],
    "nothing to mend": lambda both: both[TUNED],
    "compare": lambda both: (
        "/__guard__/compare/?" + "&".join(f"id={page.split('/')[-2]}" for page in both.values())
    ),
    "endpoints": lambda both: "/__guard__/endpoints/",
}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 360)])
@pytest.mark.parametrize("page", PAGES)
def test_nothing_keeps_anybody_from_reading_it(page, scheme, width, visit, both):
    window = visit(color_scheme=scheme, viewport={"width": width, "height": 740})
    opened = window.open(PAGES[page](both))
    opened.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    window.clean()
    assert window.accessible() == []
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


def test_these_checks_find_what_is_wrong_with_a_page(visit, both):
    window = visit()
    page = window.open("/__guard__/")
    page.evaluate("""
        const image = document.createElement('img');
        image.setAttribute('style', 'width: 1px');
        image.src = 'data:image/png;base64,';
        document.querySelector('main').append(image);
    """)
    page.wait_for_function("window.forbidden.length >= 2")
    assert [said.partition(":")[0] for said in window.accessible()] == ["image-alt"]
    with pytest.raises(AssertionError, match="Content Security Policy"):
        window.clean()
    window.complaints.clear()


def test_a_plan_is_asked_on_a_click_and_stands_under_its_statement(visit, both):
    window = visit()
    page = window.open(both[NAIVE])
    sql = page.locator("details.more").first
    sql.locator("summary").click()
    sql.get_by_role("button", name="EXPLAIN").click()
    plan = sql.locator(".plan pre")
    plan.wait_for()
    assert "orders_orderitem" in plan.inner_text()
    assert page.url.endswith(both[NAIVE])
    window.clean()


def test_a_filter_narrows_the_list_while_it_is_typed_and_is_kept_in_the_address(visit, both):
    window = visit()
    page = window.open("/__guard__/")
    row(page, TUNED).wait_for()
    page.get_by_label("Path").press_sequentially("naive")
    row(page, TUNED).wait_for(state="detached")
    assert "naive" in page.url
    page.reload()
    assert page.get_by_label("Path").input_value() == "naive"
    assert row(page, TUNED).count() == 0
    assert row(page, NAIVE).count() == 1
    window.clean()


def test_what_is_paused_does_not_change_until_it_goes_on(visit, server, both):
    window = visit()
    page = window.open("/__guard__/")
    live = page.get_by_role("button", name="Live")
    live.click()
    assert live.get_attribute("aria-pressed") == "false"
    before = page.locator("#rows tr:not(.poll)").count()
    server.request(TUNED, **JSON)
    page.wait_for_timeout(2_500)  # more than a poll
    assert page.locator("#rows tr:not(.poll)").count() == before
    live.click()
    page.locator("#rows tr.fresh").wait_for()
    window.clean()


def test_the_keyboard_alone_leads_from_the_list_to_a_copied_fix(visit, both):
    window = visit(permissions=["clipboard-read", "clipboard-write"])
    page = window.open("/__guard__/?path=naive")

    def focused(selector):
        return page.evaluate("(it) => document.activeElement.matches(it)", selector)

    def tab_to(selector, most=60):
        for _ in range(most):
            page.keyboard.press("Tab")
            if focused(selector):
                return
        pytest.fail(f"Tab does not lead to {selector}")

    page.keyboard.press("Tab")
    assert focused("a.skip")
    page.keyboard.press("Enter")
    assert focused("main")
    tab_to("#rows a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/requests/**")
    tab_to(".copy")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copied").wait_for()
    assert "_related(" in page.evaluate("navigator.clipboard.readText()")


def test_without_scripts_it_is_read_filtered_and_compared(visit, both):
    window = visit(java_script_enabled=False)
    page = window.open("/__guard__/")
    page.get_by_label("Path").fill("orders")
    page.get_by_role("button", name="Filter").click()
    for path in (NAIVE, TUNED):
        row(page, path).get_by_role("checkbox").check()
    page.get_by_role("button", name="Compare the two chosen").click()
    assert "→" in page.get_by_role("heading", level=1).inner_text()
    window.open(both[NAIVE])
    assert page.locator(".fix pre").first.inner_text().startswith("prefetch_related(")
    assert page.get_by_role("button", name="Copy").count() == 0
    page.locator("details.more summary").first.click()
    page.get_by_role("button", name="EXPLAIN").first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "Plan"


def test_a_server_that_is_away_is_said_and_asked_again(visit, both):
    window = visit()
    page = window.open("/__guard__/")
    page.context.set_offline(True)
    page.locator("#live.lost").wait_for()
    window.complaints.clear()  # the browser says that it is offline
    page.context.set_offline(False)
    page.locator("#live:not(.lost)").wait_for()
