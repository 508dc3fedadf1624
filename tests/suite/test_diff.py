"""What changed from one run to another."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import pytest

from nplusone_guard.finding import Fix
from nplusone_guard.report.difference import render
from nplusone_guard.suite.diff import difference
from nplusone_guard.suite.run import Run, Seen
from nplusone_guard.trace import CallSite
from tests.report.samples import in_a_loop
from tests.traces import CUSTOMER, finding, group, report


def found(name="customer", count=5, **changes):
    of = group(count=count, access=replace(CUSTOMER, relation=f"shop.Order.{name}"))
    return finding(of, id=f"id-{name}", **changes)


def run_of(*findings, route="orders/", groups=None):
    run = Run()
    seen = report(*findings, groups=groups, method="GET", route=route)
    run.record(Seen(seen, "tests/test_api.py::test_it", 1))
    return run.to_dict()


def known(run):
    for each in run["findings"]:
        each["known"] = True
    return run


def relations(findings):
    return [each["relation"] for each in findings]


def test_two_equal_runs_differ_in_nothing():
    changes = difference(run_of(found()), run_of(found()))
    assert changes == difference(run_of(), run_of())
    assert changes.ok
    assert render(changes) == (
        "## Queries, compared\n\nNo finding is new or worse, none better or gone.\n"
    )


def test_a_finding_of_the_head_alone_is_new():
    changes = difference(run_of(), run_of(found()))
    assert relations(changes.new) == ["shop.Order.customer"]
    assert not changes.ok


def test_a_finding_of_the_base_alone_is_gone():
    changes = difference(run_of(found()), run_of())
    assert relations(changes.gone) == ["shop.Order.customer"]
    assert changes.ok


def test_a_finding_whose_endpoint_was_not_requested_is_not_gone():
    changes = difference(run_of(found()), run_of(route="other/"))
    assert changes.gone == ()
    assert relations(changes.unvisited) == ["shop.Order.customer"]
    assert changes.ok


def test_a_finding_of_both_is_worse_with_more_queries_and_better_with_fewer():
    base = run_of(found("a", 5), found("b", 5), found("c", 5))
    head = run_of(found("a", 6), found("b", 4), found("c", 5))
    changes = difference(base, head)
    assert [each.head["relation"] for each in changes.worse] == ["shop.Order.a"]
    assert [each.head["relation"] for each in changes.better] == ["shop.Order.b"]
    assert not changes.ok
    assert "5x before, 6x now" in render(changes)


def test_a_higher_severity_is_worse_whatever_the_number():
    changes = difference(run_of(found(severity="warning")), run_of(found(count=4)))
    assert len(changes.worse) == 1
    assert "warning before, error now" in render(changes)


def test_what_the_baseline_of_the_head_lists_is_shown_and_accepted():
    changes = difference(run_of(found("a", 5)), known(run_of(found("a", 6), found("b"))))
    assert relations(changes.accepted) == ["shop.Order.b", "shop.Order.a"]
    assert changes.ok
    assert "### In the baseline, new or worse" in render(changes)


def test_moved_lines_change_nothing():
    head = run_of(found())
    head["findings"][0]["location"]["line"] += 10
    assert difference(run_of(found()), head).ok


def test_endpoints_rise_and_fall_by_their_worst_request_and_are_no_findings():
    few, many = (group("SELECT a FROM t", 2),), (group("SELECT a FROM t", 9),)
    rose = difference(run_of(groups=few), run_of(groups=many))
    assert [each.head["queries"]["max"] for each in rose.rose] == [9]
    assert rose.ok
    assert "| `GET orders/` | 2 | 9 |" in render(rose)
    assert len(difference(run_of(groups=many), run_of(groups=few)).fell) == 1


def test_an_endpoint_of_one_run_alone_neither_rose_nor_fell():
    changes = difference(run_of(route="a/"), run_of(route="b/"))
    assert changes.rose == changes.fell == ()


def test_the_runs_stay_as_they_are():
    base, head = run_of(found("a")), run_of(found("b"))
    before = copy.deepcopy((base, head))
    render(difference(base, head))
    assert (base, head) == before


def test_a_new_finding_is_told_with_what_to_type(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = render(difference(run_of(), run_of(in_a_loop())))
    assert (
        "- **N+1 75x** `shop.Order.customer` in `GET orders/` at `orders/views.py:8`; "
        'fix: add `select_related("customer")` at `orders/views.py:5`\n'
    ) in text


def test_it_stays_below_what_a_comment_may_have():
    names = [f"{'long_name_' * 30}{number}" for number in range(60)]
    sets = [[found(f"{letter}{name}") for name in names] for letter in "abc"]
    base = run_of(*sets[0], *sets[1])
    head = run_of(*(replace(each, count=6) for each in sets[1]), *sets[2])
    text = render(difference(base, head))
    assert 30_000 < len(text) < 65_536
    assert "\n\nAnd 10 more.\n" in text
    assert "### Gone" in text


def test_the_documentation_shows_what_it_prints():
    page = Path(__file__).parents[2] / "docs" / "reports.md"
    if not page.exists():
        pytest.skip("the source distribution has no documentation")
    fix = Fix('select_related("customer")', "Add it.", where=CallSite("orders/views.py", 28, "f"))
    access = replace(CUSTOMER, relation="orders.Order.customer")
    place = CallSite("orders/serializers.py", 26, "OrderSerializer")
    new = finding(group(count=25, access=access, site=place), id="new", fix=fix)
    asked = group('SELECT 1 FROM "orders_rate"', 3, site=CallSite("orders/models.py", 41, "f"))
    gone = finding(asked, "duplicate", id="gone", severity="warning")
    base, head = Run(), Run()
    for run, found_there, one, many in ((base, [gone], [], 4), (head, [], [new], 29)):
        for route, findings, count in (
            ("api/orders/", one, many),
            ("api/orders/<int:pk>/", found_there, 3),
        ):
            seen = report(*findings, groups=(group(count=count),), method="GET", route=route)
            run.record(Seen(seen, "tests/test_api.py::test_it", 1))
    assert render(difference(base.to_dict(), head.to_dict())) in page.read_text("utf-8")
