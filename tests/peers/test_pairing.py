from __future__ import annotations

import random

import pytest

from benchmarks.pairing import ratios, slope, spread


def test_a_ratio_for_each_round():
    assert ratios([2.0, 3.0], [1.0, 2.0]) == [2.0, 1.5]


def test_rounds_that_do_not_pair_are_an_error():
    with pytest.raises(ValueError, match="longer"):
        ratios([2.0], [1.0, 2.0])


def test_drift_that_hits_both_alike_leaves_the_ratio():
    base = [1.0, 2.0, 4.0, 8.0]
    assert spread(ratios([each * 1.1 for each in base], base)).median == pytest.approx(1.1)


def test_one_round_that_was_disturbed_moves_nothing():
    found = spread([1.0] * 20 + [50.0])
    assert (found.median, found.low, found.high) == (1.0, 1.0, 1.0)


def test_few_values_give_their_whole_range():
    found = spread([1.0, 3.0, 2.0])
    assert (found.median, found.low, found.high) == (2.0, 1.0, 3.0)


def test_no_values_are_an_error():
    with pytest.raises(ValueError, match="at least one"):
        spread([])


def test_ten_values_give_the_second_and_the_ninth():
    """Conover's table: for n = 10, these hold the median with a probability of 0.979."""
    found = spread([float(each) for each in range(1, 11)])
    assert (found.low, found.high) == (2.0, 9.0)


def test_the_interval_holds_the_median_as_often_as_it_says():
    chance = random.Random(7)
    held = 0
    for _ in range(400):
        found = spread([chance.gauss(1.0, 0.2) for _ in range(15)])
        held += found.low <= 1.0 <= found.high
    assert held / 400 > 0.93


def samples(growth, noise=0.3, seed=3):
    chance = random.Random(seed)
    minutes = [each / 60 for each in range(40)]
    return minutes, [170 + growth * each + chance.gauss(0, noise) for each in minutes]


def test_memory_that_stays_has_a_flat_slope():
    found = slope(*samples(0.0))
    assert found.flat
    assert abs(found.value) < 1


def test_memory_that_grows_has_not():
    found = slope(*samples(6.0))
    assert not found.flat
    assert found.low < 6.0 < found.high


def test_a_slope_of_few_points_is_an_error():
    with pytest.raises(ValueError, match="eight"):
        slope([1, 2, 3], [1, 2, 3])
