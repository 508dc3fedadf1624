"""A run as Markdown, read by a parser of it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from nplusone_guard.finding import Fix
from nplusone_guard.report.markdown import render
from nplusone_guard.suite.run import Run, Seen
from tests.report import sample_run
from tests.report.golden import check
from tests.traces import CUSTOMER, finding, group, lazy, report

pytestmark = pytest.mark.usefixtures("checkout")


def shown(run):
    """The HTML of it, as GitHub makes it: tables, and HTML of its own let through."""
    return MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(render(run))


def run_of(*findings, **changes):
    run = Run()
    seen = report(*findings, method="GET", route="orders/", **changes)
    run.record(Seen(seen, "tests/test_api.py::test_it", 1))
    return run.to_dict()


def test_it_reads_as_the_golden_file_shows():
    check("run.md", render(sample_run.run_with_a_baseline()))


def test_endpoints_are_ranked_by_what_they_waste():
    cells = re.findall(r"<tr>\n<td>(.*?)</td>.*?</tr>", shown(sample_run.run()), re.DOTALL)
    assert cells[:2] == [
        "<code>GET api/orders/&lt;int:pk&gt;/</code>",
        "<code>GET api/orders/</code>",
    ]


def test_a_row_has_five_cells_whatever_the_route():
    rows = re.findall(r"<tr>\n(.*?)</tr>", shown(sample_run.run()), re.DOTALL)
    assert len(rows) == len(sample_run.run()["endpoints"]) + 1
    assert {len(re.findall("<t[dh]", row)) for row in rows} == {5}


def test_hostile_text_is_shown_and_never_read():
    html = shown(sample_run.run())
    tags = set(re.findall(r"</?([a-z0-9]+)", html))
    table = {"table", "thead", "tbody", "tr", "th", "td"}
    blocks = {"h2", "h3", "p", "ul", "li", "pre", "details", "summary"}
    assert tags == {"strong", "code", *table, *blocks}
    assert "\x1b" not in html
    assert "\u202e" not in html


@pytest.mark.parametrize(
    "text",
    [
        "*a*",
        "_a_",
        "[a](http://x.example)",
        "<b>",
        "a | b",
        "``` x",
        "&lt;",
        "\\",
        "~~a~~",
        "`a",
        "a\\|b",
    ],
)
def test_text_reads_as_it_is(text):
    access = replace(CUSTOMER, relation=text)
    html = shown(run_of(finding(lazy(access=access), fix=Fix(text, f"Do {text} now."))))
    plain = re.sub("<[^>]*>", "", html).replace("&lt;", "<").replace("&gt;", ">")
    plain = plain.replace("&quot;", '"').replace("&amp;", "&")
    assert f"N+1 5x {text}\n" in plain
    assert f"Do {text} now." in plain
    assert f"\n{text}\n" in plain


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ('SELECT a FROM "shop_order" JOIN x ON y WHERE b = 1', "shop_order"),
        ("SELECT `a` FROM `other`.`shop_order` WHERE b = 1", "shop_order"),
        ('INSERT INTO "shop_order" ("a") VALUES (1)', "shop_order"),
        ("UPDATE shop_order SET a = 1", "shop_order"),
        ('DELETE FROM "shop order" WHERE a = 1', "shop order"),
        ("SELECT 1", "raw SQL"),
    ],
)
def test_a_finding_without_a_relation_is_about_its_table(sql, named):
    assert f"### N+1 3x `{named}`\n" in render(run_of(finding(group(sql, 3))))


def test_an_address_is_no_link():
    fix = Fix("", "See http://x.example and www.x.example.")
    text = render(run_of(finding(lazy(), fix=fix)))
    assert r"http\://x.example" in text
    assert r"www\.x.example" in text


def test_printed_in_a_job_no_line_of_it_is_a_command():
    text = "::error::x\n  ::set-output name=a::b\na ##[error]c"
    access = replace(CUSTOMER, relation="##[error]d")
    printed = render(run_of(finding(lazy(access=access), fix=Fix(text, text))))
    assert not [line for line in printed.splitlines() if line.lstrip().startswith("::")]
    assert "##[" not in printed
    assert r"\x3a:error::x" in printed


def test_it_stays_below_what_github_takes():
    found = [
        finding(
            group(f"SELECT {'column, ' * 400}{number} FROM shop", 3),
            id=f"{number:016x}",
            fix=Fix("x" * 5_000, "y" * 5_000),
        )
        for number in range(400)
    ]
    stale = tuple(f"{number} {'z' * 3_000}" for number in range(90))
    text = render(run_of(*found, stale=stale))
    assert 800_000 < len(text.encode()) < 2**20
    assert re.search(r"\nAnd \d+ more findings\.\n", text)
    assert text.endswith("- and 40 more\n")


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (Run().to_dict(), "Traced 0 requests: nothing was looked at."),
        (run_of(), "Traced 1 request of 1 test: nothing found."),
        (sample_run.run(), "Traced 7 requests of 7 tests: **5 findings**."),
        (sample_run.run_with_a_baseline(), "**5 findings**, 1 of them in the baseline."),
    ],
)
def test_its_first_line_says_how_much_was_looked_at(run, said):
    assert said in render(run)


def test_equal_runs_are_equal_bytes():
    assert render(sample_run.run()) == render(sample_run.run())
