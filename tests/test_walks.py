"""Walks at random: each suggestion is typed and run, alone and with all others.

Most walks are odder than what anybody writes; not all suggestions hold on all of them yet.  What is
held here: typing one never changes a result, and nearly all end their finding.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from django.contrib.contenttypes.models import ContentType
from hypothesis import HealthCheck, given, note, settings

from nplusone_guard import capture
from tests.shop.graph import fill_graph
from tests.typing_fixes import behind, changed, loaded
from tests.walks import Writer, walks

#: More of them: WALKS=2000 pytest tests/test_walks.py -rP
WALKS = int(os.environ.get("WALKS", "40"))

tally = Counter()


@pytest.fixture(scope="module", autouse=True)
def summary():
    yield
    print(  # noqa: T201  the figure
        f"{tally['right']} of {tally['placed']} suggestions were right, in {tally['walks']} walks, "
        f"{tally['together']} of which were left without one when all were typed; "
        f"{tally['unplaced']} had no place, {tally['silent']} findings no suggestion"
    )


def traced(run):
    ContentType.objects.clear_cache()
    with capture() as report:
        result = run()
    return result, report


def mended(report):
    return [finding for finding in report.findings if finding.fix and finding.fix.code]


def edits_of(findings):
    edits = {}
    for finding in findings:
        edits.setdefault(finding.fix.where.file, []).append(behind(finding.fix))
    return edits


def is_placed(finding):
    where = finding.fix.where
    return where is not None and where.column is not None


@pytest.mark.django_db
@settings(
    max_examples=WALKS,
    deadline=None,
    derandomize="WALKS" not in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(walk=walks)
def _check(tmp_path, walk):
    source = Writer().source(walk)
    note(source)
    tally["walks"] += 1
    with loaded(source, tmp_path) as module:
        before, report = traced(module.run)
        note(str(report))
        suggested = mended(report)
        tally["silent"] += len(report.findings) - len(suggested)
        placed = [finding for finding in suggested if is_placed(finding)]
        tally["unplaced"] += len(suggested) - len(placed)
        tally["placed"] += len(placed)
        for finding in placed:
            with changed(module.run, edits_of([finding]), tmp_path) as run:
                after, again = traced(run)
            assert after == before, finding.fix.code
            tally["right"] += again.queries < report.queries
        with changed(module.run, edits_of(placed), tmp_path) as run:
            after, again = traced(run)
        note(str(again))
        assert after == before
        tally["together"] += not mended(again)


def test_nearly_each_suggestion_for_any_walk_is_right(db, tmp_path):
    fill_graph()
    _check(tmp_path)
    assert tally["placed"] > WALKS
    assert tally["right"] >= 0.98 * tally["placed"], tally
    assert tally["together"] >= 0.8 * tally["walks"], tally
