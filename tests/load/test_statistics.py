"""Ratios, their intervals, lines and knees, on data whose truth is known."""

from __future__ import annotations

import pytest

pytest.importorskip("benchmarks.load", reason="the source distribution has no benchmarks")
np = pytest.importorskip("numpy", reason="needs numpy (make load)")

from benchmarks.load import stats  # noqa: E402
from benchmarks.load.samples import Phase, Sample  # noqa: E402
from benchmarks.load.stats import Line, Pair, Step  # noqa: E402


def pair(tuned, naive):
    return Pair(np.array(tuned, float), np.array(naive, float))


def request(at, ms):
    return Sample(at, "GET /", ms, 1, 1, 1, None)


def drawn(chance, median, size=200):
    return median * np.exp(chance.normal(0, 0.5, size))


def test_a_ratio_without_spread_has_an_interval_of_no_width():
    compared = stats.compare([pair([10, 10], [50]), pair([10], [50, 50])], stats.mean)
    for estimate, value in (
        (compared.tuned, 10),
        (compared.naive, 50),
        (compared.ratio, 5),
    ):
        assert (estimate.value, estimate.low, estimate.high) == (value, value, value)


def test_the_interval_holds_the_true_ratio_about_as_often_as_it_says():
    chance = np.random.default_rng(7)
    held = 0
    for number in range(50):
        pairs = [Pair(drawn(chance, 20), drawn(chance, 60)) for _ in range(6)]
        ratio = stats.compare(pairs, np.median, replicates=100, seed=number).ratio
        held += ratio.low <= 3 <= ratio.high
    assert held >= 45


def test_what_slows_both_of_a_pair_widens_the_values_and_not_the_ratio():
    pairs = [pair([slow] * 5, [3 * slow] * 5) for slow in (1, 2, 4, 8)]
    compared = stats.compare(pairs, stats.mean)
    assert compared.tuned.high > 1.5 * compared.tuned.low
    assert compared.ratio.low == pytest.approx(3)
    assert compared.ratio.high == pytest.approx(3)


def test_more_spread_is_a_wider_interval():
    chance = np.random.default_rng(7)
    narrow = [Pair(drawn(chance, 20, 2_000), drawn(chance, 60, 2_000)) for _ in range(6)]
    wide = [Pair(drawn(chance, 20, 20), drawn(chance, 60, 20)) for _ in range(6)]
    widths = [
        (ratio := stats.compare(pairs, np.median).ratio).high - ratio.low
        for pairs in (narrow, wide)
    ]
    assert widths[1] > 3 * widths[0]


def test_percentiles_are_of_all_requests_of_a_variant():
    compared = stats.compare(
        [pair(range(50), [1]), pair(range(50, 101), [1])], stats.percentile(0.95)
    )
    assert compared.tuned.value == 95


def test_a_share_of_time_is_weighted_by_time():
    short, long = [1.0, 2.0], [90.0, 100.0]
    compared = stats.compare([Pair(np.array([short, long]), np.array([long]))], stats.quotient)
    assert compared.tuned.value == pytest.approx(91 / 102)


def test_throughput_is_one_value_a_phase():
    def phase(count):
        return Phase(0, 2, tuple(request(1, 1) for _ in range(count)))

    rounds = [(phase(40), phase(10)), (phase(44), phase(10))]
    compared = stats.compare(stats.rates_of(rounds), stats.mean, within=False)
    assert compared.tuned.value == 21
    assert compared.ratio.value == pytest.approx(5 / 21)
    assert compared.ratio.low == pytest.approx(5 / 22)
    assert compared.ratio.high == pytest.approx(5 / 20)


def test_what_ends_late_counts_for_response_times_and_what_began_early_for_throughput():
    early, within, late, after = (
        request(10.5, 1_000), request(12, 500), request(17, 4_000), request(18, 500)
    )  # fmt: skip
    phase = Phase(10, 14, (early, within, late, after))
    assert phase.begun == (within, late)
    assert phase.rate == 2 / 4  # the first two


def test_of_one_round_the_throughput_has_no_interval():
    ratio = stats.compare([pair([20], [5])], stats.mean, within=False).ratio
    assert ratio.value == 0.25
    assert np.isnan([ratio.low, ratio.high]).all()


def test_what_was_never_measured_is_no_number():
    compared = stats.compare([pair([], [1])], stats.mean)
    assert np.isnan(compared.tuned.value)
    assert np.isnan(compared.ratio.low)


def test_a_line_gives_what_is_fixed_and_what_each_row_adds():
    rows = [5, 25, 100, 500]
    assert stats.line(rows, [3 + 10 * each for each in rows]) == Line(
        pytest.approx(3), pytest.approx(10)
    )


@pytest.mark.parametrize(
    ("curve", "users"),
    [
        # Full at 16: four times the users, 4 % more requests, and they wait.
        ([(1, 10, 10), (4, 40, 12), (16, 100, 60), (64, 104, 500)], 16),
        # Full at once; the first such step counts.
        ([(1, 100, 10), (4, 101, 40), (16, 101, 160)], 1),
        # Throughput still grows.
        ([(1, 10, 10), (4, 40, 30), (16, 120, 90), (64, 140, 300)], None),
        # It does not, but nobody waits: they pause longer.
        ([(1, 10, 10), (4, 10, 12), (16, 10, 14)], None),
        # More users, fewer requests.
        ([(1, 10, 10), (4, 40, 12), (16, 30, 90)], 4),
        ([(1, 10, 10)], None),
    ],
)
def test_the_knee_is_the_last_step_that_was_worth_its_users(curve, users):
    found = stats.knee([Step(*each) for each in curve])
    assert (found and found.users) == users
