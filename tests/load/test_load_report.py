"""The reports of the load benchmarks: whole, within one file, and safe with any name."""

from __future__ import annotations

import io
import json
import re
from html import unescape

import pytest

pytest.importorskip("benchmarks.load", reason="the source distribution has no benchmarks")
pytest.importorskip("matplotlib", reason="needs matplotlib (make load)")
pytest.importorskip("jinja2", reason="needs jinja2 (make load)")

from rich.console import Console

from benchmarks.load import stats
from benchmarks.load.drive import Load
from benchmarks.load.measure import Condition, Run
from benchmarks.load.report import report_bench, report_scale
from benchmarks.load.samples import Phase, Sample
from benchmarks.load.scale import Page, Scale
from benchmarks.load.stats import Step

HOSTILE = "GET /api/v1/<script>alert(1)</script>/$x_{y/"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True, scope="module")
def _few_replicates():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stats, "REPLICATES", 20)
        yield


def phase(begin, ms, queries):
    names = (HOSTILE, "GET /api/v1/orders/", "POST /api/v1/orders/", "POST /api/v1/auth/login/")
    samples = tuple(
        Sample(
            begin + 0.5 + number / 20, names[number % 4], ms + number, queries, ms / 2, ms / 4, None
        )
        for number in range(40)
    )
    return Phase(begin, begin + 4, samples)


def condition(name, delay=None):
    trip = None if delay is None else delay + 0.1
    slow = 100 + 50 * (delay or 0)
    rounds = [(phase(10 * n, 20, 4), phase(10 * n + 5, slow, 152)) for n in (0, 1)]
    return Condition(name, delay, trip, rounds)


def run(*conditions):
    server = "PostgreSQL 16.1" if len(conditions) > 1 else "SQLite 3.40.1"
    return Run(server, 2, Load(4, 4, 0.1), list(conditions), 60)


def network():
    return run(*(condition(f"+{ms:g} ms a round trip", ms) for ms in (0.0, 0.5, 2.0)))


def reported(report, what, folder):
    console = Console(file=io.StringIO(), width=100)
    page = report(what, folder, console)
    return page, page.read_text("utf-8"), console.file.getvalue()


@pytest.fixture(scope="module", params=["SQLite", "network"])
def bench(request, tmp_path_factory):
    what = run(condition("SQLite")) if request.param == "SQLite" else network()
    folder = tmp_path_factory.mktemp("report") / "new" / "results"
    return request.param, *reported(report_bench, what, folder)


def test_a_report_is_one_file_with_its_plots_within_and_beside_it(bench):
    kind, page, html, _ = bench
    plots = sorted(page.parent.glob("*.png"))
    assert len(plots) == (5 if kind == "SQLite" else 6)
    assert all(plot.read_bytes().startswith(PNG) for plot in plots)
    assert html.count('src="data:image/png;base64,') == len(plots)
    assert not re.search(r'(?:src|href)="(?!data:)', html)


def test_names_are_escaped(bench):
    _, _, html, printed = bench
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;/$x_{y/" in html
    assert "<script>alert(1)" in printed  # a terminal takes it for text


def test_the_table_is_printed_and_said_on_the_page_and_in_the_json(bench):
    _, page, html, printed = bench
    told = json.loads(page.with_suffix(".json").read_text())
    first = told["conditions"][0]
    queries = next(row for row in first["figures"] if row["name"] == "queries per request")
    assert queries["compared"]["ratio"] == {"value": 38, "low": 38, "high": 38}
    for text in ("queries per request", "38.0x", "throughput", "p95", "database's share"):
        assert text in unescape(html)
        assert text in printed


def test_log_ins_are_not_counted(bench):
    _, page, html, _ = bench
    assert "auth/login" not in html
    (first, *_) = json.loads(page.with_suffix(".json").read_text())["conditions"]
    assert [row["requests"] for row in first["endpoints"]] == [[20, 20]] * 3


def test_a_round_trip_is_shown_as_measured(bench):
    kind, _, html, printed = bench
    expected = kind == "network"
    for text in (html, printed):
        assert ("+0.5 ms a round trip (measured: 0.60 ms)" in text) == expected
    found = re.search(r"Each millisecond of a round trip adds ([\d.]+).ms to a mean naive", html)
    assert bool(found) == expected
    assert not found or float(found[1]) == pytest.approx(50, rel=0.02)


def test_growth_says_what_a_row_costs_and_where_the_knee_is(tmp_path):
    scale = Scale("SQLite 3.40.1", 2, seconds=60)
    for rows in (5, 25, 100, 500):
        scale.pages["tuned"].append(Page(rows, 10 + 0.2 * rows, 9, 200, 4, 50))
        scale.pages["naive"].append(Page(rows, 12 + 4.0 * rows, 10, 3_000, 3 + 10 * rows, 50))
    for users, tuned, naive in ((1, 9, 5), (4, 36, 15), (16, 110, 15.5), (64, 140, 15.4)):
        scale.steps["tuned"].append(Step(users, tuned, 20 * users**0.5))
        scale.steps["naive"].append(Step(users, naive, 100 * users))
    page, html, printed = reported(report_scale, scale, tmp_path)
    assert "Each row more costs the naive list 4.00 ms and 10.0 queries" in html
    assert "the tuned one 0.20 ms and no query" in html
    for text in (
        "Tuned: no knee up to 64 users (140 requests/s).",
        "Naive: more than 4 users only wait (15.0 requests/s, then 15.4 with 64).",
    ):
        assert text in html
        assert text in printed
    assert len(list(page.parent.glob("*.png"))) == html.count("data:image/png") == 2
