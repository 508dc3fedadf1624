"""One run as a suite leaves it, of the sample reports, with text that tries to break out."""

from __future__ import annotations

from dataclasses import replace

from nplusone_guard.finding import Fix
from nplusone_guard.suite.run import Run, Seen
from nplusone_guard.trace import Access, CallSite
from tests.report import samples
from tests.traces import finding, group, report

#: What would end a script, an attribute, a cell of a table, a code span, or steer a terminal.
HOSTILE = (
    "</script><script>alert(1)</script> \"'|`` ```\n::error::x %0A \x1b[31m\u202e\ud800 <img src=x>"
)


def listing():
    """A key followed in a loop, and a question asked again."""
    first = group(samples.ORDERS, rows=75, db_ms=3.25, first_ms=2.0, last_ms=5.4)
    lazy = samples.in_a_loop(id="00000000000000aa")
    lazy = replace(lazy, group=replace(lazy.group, first_ms=6.1, last_ms=60.75))
    again = replace(samples.asked_again(), id="00000000000000bb", count=12)
    again = replace(again, group=replace(again.group, count=12, first_ms=64.0, last_ms=71.0))
    return report(
        lazy,
        again,
        groups=(first, lazy.group, again.group),
        label="GET /api/orders/",
        method="GET",
        route="api/orders/",
        status=200,
        wall_ms=80.2,
        duplicates=11,
    )


def detail():
    """Two levels with one cause, below a serializer."""
    found = replace(samples.nested_in_a_serializer(), id="00000000000000cc")
    (inner,) = found.nested
    outer = replace(found.group, first_ms=4.0, last_ms=90.0)
    inner = replace(inner, group=replace(inner.group, first_ms=5.0, last_ms=150.0))
    found = replace(found, group=outer, nested=(inner,))
    return report(
        found,
        groups=(group(samples.ORDERS, first_ms=1.0, last_ms=2.0), outer, inner.group),
        label="GET /api/orders/7/",
        method="GET",
        route="api/orders/<int:pk>/",
        status=200,
        wall_ms=180.4,
    )


def hostile():
    place = CallSite(f"/srv/{HOSTILE}.py", 3, HOSTILE)
    access = Access("lazy forward", relation=f"shop.{HOSTILE}")
    of = group(count=4, access=access, site=place, first_ms=1.0, last_ms=9.0)
    of = replace(of, database=HOSTILE, shape=replace(of.shape, text=f"SELECT {HOSTILE}"))
    fix = Fix(HOSTILE, HOSTILE, where=place)
    found = finding(of, id="00000000000000dd", fix=fix, path=HOSTILE)
    stale = (f"allow({HOSTILE}) matched nothing: {HOSTILE}",)
    return report(found, label=HOSTILE, method="GET", route=HOSTILE, status=500, stale=stale)


def quiet():
    """An endpoint of which nothing is to be said."""
    return report(
        groups=(group(samples.ORDERS, rows=1, first_ms=0.5, last_ms=0.9),),
        label="GET /health/",
        method="GET",
        route="health/",
        status=204,
        wall_ms=1.5,
    )


def nowhere():
    """A finding whose place is not known, on a request that matched no route."""
    found = replace(samples.unknown(), id="00000000000000ee", severity="info")
    return report(found, label="GET /lost/", method="GET", status=404)


def run():
    """The run of all of them."""
    seen = Run()
    tests = "tests/test_api.py::"
    for number, (made, test) in enumerate(
        [
            (listing(), "test_orders"),
            (listing(), "test_orders_of_a_customer"),
            (detail(), "test_one_order"),
            (hostile(), f"test_evil[{HOSTILE}]"),
            (quiet(), "test_health"),
            (nowhere(), "test_lost"),
            (samples.suppressed_and_stale(), "test_allowed"),
        ],
        1,
    ):
        seen.record(Seen(made, tests + test, number))
    return seen.to_dict()


def run_with_a_baseline():
    """The same, the question asked again being known already."""
    made = run()
    for each in made["findings"]:
        each["known"] = each["id"] == "00000000000000bb"
    return made


def empty():
    return Run().to_dict()
