"""A run as one page of HTML."""

from __future__ import annotations

import re
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from django.test import override_settings

from nplusone_guard import Budget
from nplusone_guard.report.html import render
from nplusone_guard.suite.run import Run, Seen
from tests.report import sample_run, samples
from tests.report.golden import check
from tests.traces import finding, group, lazy, report

pytestmark = pytest.mark.usefixtures("checkout")


class Page(HTMLParser):
    """The elements of a page with their attributes, and the text of each by its classes."""

    def __init__(self, html):
        super().__init__()
        self.elements = []
        self.texts = {}
        self._open = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if tag in {"meta", "input", "rect"}:
            return
        name = attributes.get("class", tag)
        self.texts.setdefault(name, []).append("")
        self._open.append((tag, name, len(self.texts[name]) - 1))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        for _, name, number in self._open:
            self.texts[name][number] += data


def run_of(*findings, **changes):
    run = Run()
    seen = report(*findings, method="GET", route="orders/", **changes)
    run.record(Seen(seen, "tests/test_api.py::test_it", 1))
    return run.to_dict()


def page_of(*findings, **changes):
    return Page(render(run_of(*findings, **changes)))


def test_it_reads_as_the_golden_file_shows():
    check("run.html", render(sample_run.run_with_a_baseline()))


def test_equal_runs_are_equal_bytes():
    assert render(sample_run.run()) == render(sample_run.run())


# --- One file, and nothing from the run that acts ---


def test_the_policy_lets_in_its_own_style_and_script_and_nothing_else():
    html = render(sample_run.run())
    page = Page(html)
    (policy,) = [
        attributes["content"]
        for tag, attributes in page.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    own = {
        name: "'sha256-" + b64encode(sha256(page.texts[name][0].encode()).digest()).decode() + "'"
        for name in ("style", "script")
    }
    assert policy == (
        f"default-src 'none'; style-src {own['style']}; script-src {own['script']}; "
        "base-uri 'none'; form-action 'none'"
    )
    assert len(page.texts["script"]) == len(page.texts["style"]) == 1


def test_it_refers_to_nothing_outside():
    page = Page(render(sample_run.run()))
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {"src", "href", "srcset", "action", "style"} & names
    assert not [name for name in names if name.startswith("on")]
    assert "url(" not in page.texts["style"][0]
    assert "@import" not in page.texts["style"][0]


def test_hostile_text_is_shown_and_never_read():
    html = render(sample_run.run())
    tags = {tag for tag, _ in Page(html).elements}
    assert "img" not in tags
    assert html.count("<script>") == html.count("</script>") == 1
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert "\\x1b[31m" in html
    html.encode("utf-8")


# --- What is on it ---


def test_the_expression_is_marked_in_its_line():
    page = page_of(samples.in_a_loop())
    lines = page.texts["source"]
    assert lines[0].startswith("8return [order.customer.name for order in")
    assert page.texts["mark"][0] == "order.customer"


def test_a_place_whose_source_is_not_to_be_had_is_named():
    page = page_of(finding(lazy()))
    assert page.texts["place"][0] == "/srv/shop/orders/views.py:41 in OrderList.get"
    assert "source" not in page.texts


def test_the_sql_is_laid_out_in_lines():
    page = page_of(samples.in_a_loop())
    assert 'FROM "shop_customer"\nWHERE "shop_customer"."id" = ?' in page.texts["more"][0]


def test_a_bar_lasts_from_the_first_execution_to_the_last():
    of = group(count=5, db_ms=2.5, first_ms=20.0, last_ms=70.0)
    page = page_of(finding(of), wall_ms=100.0)
    (bar,) = [each for tag, each in page.elements if each.get("class") == "bar"]
    assert (bar["x"], bar["width"]) == ("20.00%", "50.00%")
    assert page.texts["times"] == ["5x"]


def test_a_bar_of_one_execution_is_as_long_as_it_took():
    of = group(db_ms=30.0, first_ms=20.0, last_ms=21.0)
    page = page_of(groups=(of,), wall_ms=100.0)
    (bar,) = [each for tag, each in page.elements if each.get("class") == "bar"]
    assert (bar["x"], bar["width"]) == ("20.00%", "30.00%")


def test_a_bar_stays_within_its_track():
    late = group(db_ms=0.0, first_ms=100.0, last_ms=100.0)
    page = page_of(groups=(late, group(db_ms=0.0, first_ms=0.0, last_ms=0.0)), wall_ms=100.0)
    bars = [each for tag, each in page.elements if each.get("class") == "bar"]
    for bar in bars:
        left, width = float(bar["x"][:-1]), float(bar["width"][:-1])
        assert width > 0
        assert left + width <= 100


def test_what_a_finding_is_about_has_its_colour_in_the_timeline():
    found = samples.in_a_loop()
    page = page_of(found, groups=(group(samples.ORDERS), found.group))
    assert "group none" in page.texts
    assert "group error" in page.texts


def test_budgets_that_were_exceeded_are_named():
    violations = Budget(queries=2).violations({"queries": 75})
    page = page_of(samples.in_a_loop(), violations=violations)
    assert page.texts["violation"] == ["over budget: 75 queries, allowed 2"]


def test_endpoints_that_waste_are_open_and_others_closed():
    page = Page(render(sample_run.run()))
    opened = ["open" in each for tag, each in page.elements if each.get("class") == "endpoint"]
    assert opened == [True, True, True, True, False, False]


def test_what_needs_javascript_is_hidden_without_it():
    page = Page(render(sample_run.run()))
    hidden = {tag for tag, attributes in page.elements if "hidden" in attributes}
    assert hidden == {"search", "button"}


def test_a_run_of_no_request_says_so():
    assert Page(render(Run().to_dict())).texts["empty"] == [
        "Traced 0 requests: nothing was looked at."
    ]


# --- However large, wherever ---


def test_a_long_statement_is_cut_and_not_laid_out():
    sql = f"SELECT {', '.join(f'column_{number}' for number in range(5_000))} FROM shop"
    page = page_of(finding(group(sql, 3)))
    text = page.texts["more"][0]
    assert len(text) < 6_100
    assert text.endswith("…")
    assert "\n" not in text.removeprefix("SQL")


def test_of_many_groups_the_first_hundred_are_shown():
    groups = tuple(group(f"SELECT a FROM table_{number}") for number in range(130))
    page = page_of(groups=groups)
    assert len(page.texts["group none"]) == 100
    assert "and 30 more" in page.texts["timeline"][0]


@override_settings(USE_THOUSAND_SEPARATOR=True, LANGUAGE_CODE="de", STRING_IF_INVALID="x")
def test_the_settings_of_the_project_change_nothing():
    inside = render(sample_run.run())
    with override_settings(USE_THOUSAND_SEPARATOR=False, LANGUAGE_CODE="en"):
        assert inside == render(sample_run.run())
    assert re.search(r'width="\d+\.\d\d%"', inside)


def test_it_needs_no_settings():
    code = (
        "from nplusone_guard.report.html import render\n"
        "from nplusone_guard.suite.run import Run\n"
        "assert 'Traced 0 requests' in render(Run().to_dict())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={}
    )
    assert (done.returncode, done.stderr) == (0, "")
