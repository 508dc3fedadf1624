"""What counts as broken under load."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.soak.verdict import Soak

SOUND = Soak(
    asked=100,
    traced=100,
    wrong=[],
    complaints=[],
    distinct=40,
    rss=[(each / 2, 170.0 + each % 2) for each in range(60)],
    pairs=[(100.0, 99.0)] * 8,
    cpu=[(0.01, 0.0101)] * 8,
)


def test_what_holds_is_not_broken():
    assert SOUND.broken() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"traced": 99}, "100 requests were answered and 99 traces finished"),
        ({"traced": 101}, "100 requests were answered and 101 traces finished"),
        ({"wrong": ["GET /a: 7 queries"]}, "1 answers were wrong, such as: GET /a: 7 queries"),
        ({"complaints": ["Traceback"]}, "the server complained: Traceback"),
        ({"distinct": 1}, "only 1 different numbers of queries"),
        ({"rss": [(each / 2, 170.0 + each) for each in range(60)]}, "memory grows by 120.00 MiB"),
        ({"pairs": [(100.0, 90.0)] * 8}, "throughput is 0.90 (0.90 to 0.90) of that without it"),
    ],
)
def test_what_does_not_hold_is_said(changes, said):
    (line,) = replace(SOUND, **changes).broken()
    assert said in line


def test_a_ratio_that_may_be_good_enough_breaks_nothing():
    assert (
        replace(SOUND, pairs=[(100.0, each) for each in (90, 93, 96, 98, 99, 101)]).broken() == []
    )


def test_memory_that_grows_while_it_warms_up_is_no_leak():
    rss = [(each / 2, min(170.0, 100 + 10 * each)) for each in range(60)]
    assert replace(SOUND, rss=rss).broken() == []


def test_what_is_sampled_too_little_is_said_to_be():
    soak = replace(SOUND, rss=SOUND.rss[:3])
    assert soak.growth is None
    assert "memory after warm-up: too few samples" in soak.lines()
