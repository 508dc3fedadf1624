from __future__ import annotations

from benchmarks.peers.cost_tables import Measured, overview, per_query, share_table
from benchmarks.peers.variants import FULL, NO_OP, NOTHING, ONE_FRAME


def measured(seconds, naive, short):
    each = Measured(peak=80.0, instructions={"naive": naive, "tuned": 50, "short": short})
    for path in ("naive", "tuned"):
        each.cpu[path] = [seconds, 2 * seconds]
        each.wall[path] = [seconds, 2 * seconds]
    return each


MEASURED = {
    NOTHING: measured(1.0, 21_000, 1_000),
    NO_OP: measured(1.0, 21_200, 1_000),
    ONE_FRAME: measured(1.0, 21_400, 1_000),
    FULL: measured(1.5, 23_000, 1_000),
}


def test_ratios_are_of_each_round_to_nothing():
    row = next(line for line in overview(MEASURED).splitlines() if line.startswith(f"| {FULL}"))
    assert row == (
        f"| {FULL} | 1.50 (1.50 to 1.50) | 1.50 | 1.095 | 1.50 (1.50 to 1.50) | 1.50 | 1.000 "
        "| 1.00 |"
    )


def test_a_tool_that_fails_says_how_in_its_row():
    failed = Measured(failed="ImproperlyConfigured: no such app")
    assert "| zeal 2.3.0 | fails: ImproperlyConfigured: no such app |" in overview(
        {**MEASURED, "zeal": failed}
    )


def test_what_a_query_adds_is_the_slope_beyond_that_of_nothing():
    text = per_query(MEASURED, {"naive": 120, "short": 20})
    assert "| a wrapper that looks at one frame | 4 | 2.0% |" in text
    assert f"| {FULL} | 20 | 10.0% |" in text
    assert "5.0 times what the wrapper that looks at one frame adds" in text


def test_without_callgrind_it_is_said():
    none = {name: Measured() for name in MEASURED}
    assert "callgrind is not there" in per_query(none, {"naive": 120, "short": 20})


def test_no_stage_of_the_guard_is_counted_twice():
    text = share_table(
        {
            "wrapper": 0.01,
            "memo": 0.005,
            "fetch": 0.02,
            "locate": 0.03,
            "look": 0.01,
            "assess": 0.05,
            "advise": 0.04,
        }
    )
    shares = [line.strip(" |").rpartition("| ")[2] for line in text.splitlines()[2:]]
    assert shares == ["1.5%", "2.0%", "2.0%", "1.0%", "1.0%", "4.0%"]
