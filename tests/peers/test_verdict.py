"""What counts as broken under load."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.soak.verdict import Memory, Soak

STEADY = Memory([(each / 2, 170.0 + each % 2) for each in range(60)], answered=3_000)
SOUND = Soak(
    asked=100,
    traced=100,
    wrong=[],
    complaints=[],
    distinct=40,
    memory=STEADY,
    plain=STEADY,
    pairs={"tuned": [(100.0, 99.0)] * 8},
    cpu={"tuned": [(0.01, 0.0101)] * 8},
)


def growing(kib):
    """By so much a request, of a hundred requests a second."""
    samples = [(each / 2, 170.0 + each / 2 * 100 * kib / 1_024) for each in range(60)]
    return Memory(samples, answered=2_950)


def test_what_holds_is_not_broken():
    assert SOUND.broken() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"traced": 99}, "100 requests were answered and 99 traces finished"),
        ({"traced": 101}, "100 requests were answered and 101 traces finished"),
        ({"wrong": ["GET /a: 7 queries"]}, "1 answers were wrong, such as: GET /a: 7 queries"),
        ({"complaints": ["Traceback"]}, "the server complained: Traceback"),
        ({"distinct": 1}, "only 1 numbers of queries"),
        ({"memory": growing(2.0)}, "memory grows by 2.00 KiB a request at least"),
        ({"pairs": {"naive": [(100.0, 90.0)] * 8}}, "naive pages: throughput is 0.90"),
    ],
)
def test_what_does_not_hold_is_said(changes, said):
    (line,) = replace(SOUND, **changes).broken()
    assert said in line


def test_a_ratio_that_may_be_good_enough_breaks_nothing():
    pairs = {"tuned": [(100.0, each) for each in (90, 93, 96, 98, 99, 101)]}
    assert replace(SOUND, pairs=pairs).broken() == []


def test_a_few_pairs_break_nothing():
    assert replace(SOUND, pairs={"tuned": [(100.0, 50.0)] * 5}).broken() == []


def test_growth_that_the_server_has_without_the_guard_is_not_the_guards():
    assert replace(SOUND, memory=growing(2.0), plain=growing(2.0)).broken() == []
    assert replace(SOUND, memory=growing(4.0), plain=growing(2.0)).broken() != []


def test_memory_that_grows_while_it_warms_up_is_no_leak():
    rss = [(each / 2, min(170.0, 100 + 10 * each)) for each in range(60)]
    assert replace(SOUND, memory=Memory(rss, answered=3_000)).broken() == []


def test_what_is_sampled_too_little_is_said_to_be():
    few = Memory(STEADY.samples[:3], answered=150)
    assert few.growth is None
    assert "memory after warm-up, guard on:  too few samples" in replace(SOUND, memory=few).lines()
