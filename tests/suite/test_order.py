"""The order that is fitted to counts."""

from __future__ import annotations

import pytest

from nplusone_guard.suite.order import fit


@pytest.mark.parametrize(
    ("sizes", "counts", "said"),
    [
        ((2, 8), (4, 4), "constant"),
        ((2, 8, 32), (4, 4, 4), "constant"),
        ((2, 8), (2, 8), "linear: 1 query per row"),
        ((2, 8), (10, 28), "linear: 3 queries per row"),
        ((2, 8), (1, 4), "linear: 1 query per 2 rows"),
        ((2, 8), (3, 12), "linear: 1.5 queries per row"),
        ((2, 8, 32), (3, 9, 33), "linear: 1 query per row"),
        ((10, 100, 1000), (12, 109, 1013), "linear: 1 query per row"),
        ((2, 8), (4, 64), "worse than linear: like n²"),
        ((2, 8), (8, 512), "worse than linear: like n³"),
        ((2, 8, 32), (4, 64, 1024), "worse than linear: like n²"),
        ((2, 8, 32), (3, 36, 528), "worse than linear: like n²"),
        ((2, 8, 16), (9, 513, 4097), "worse than linear: like n³"),
        ((2, 8, 32), (2, 8, 10), "less than linear: a page or a cache may bound it"),
        ((0, 8), (0, 8), "linear: 1 query per row"),
        ((1, 2, 3, 4), (2, 3, 4, 5), "linear: 1 query per row"),
    ],
)
def test_the_order_of_counts(sizes, counts, said):
    assert str(fit(sizes, counts)) == said


@pytest.mark.parametrize(
    ("sizes", "counts", "off"),
    [
        ((2, 8), (2, 8), None),
        ((2, 8, 32), (2, 8, 32), 0),
        ((10, 100, 1000), (12, 109, 1013), 3),
        ((2, 8, 32), (3, 36, 528), 1),
    ],
)
def test_how_far_the_fit_is_off_in_queries(sizes, counts, off):
    found = fit(sizes, counts).off
    assert (found if found is None else round(found)) == off
