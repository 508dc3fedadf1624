"""Walks at random: each suggestion is typed and run, alone and with all others."""

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
        f"{tally['right']} of {tally['placed']} suggestions were right, in {tally['walks']} walks; "
        f"{tally['unplaced']} had no place, {tally['silent']} N+1s no suggestion"
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


def places(findings):
    """What is loaded where: no suggestion moves a line."""
    return {
        (each.relation, each.group.access.operation, each.location.line)
        for finding in findings
        for each in finding.walk()
    }


def is_placed(finding):
    where = finding.fix.where
    return where is not None and where.column is not None


def verify(source, folder, say=note):
    """Each suggestion ends its finding and changes no result; together they leave none."""
    with loaded(source, folder) as module:
        before, report = traced(module.run)
        say(str(report))
        suggested = mended(report)
        placed = [finding for finding in suggested if is_placed(finding)]
        tally["walks"] += 1
        loops = [finding for finding in report.findings if finding.kind == "n_plus_one"]
        tally["silent"] += sum(finding not in suggested for finding in loops)
        tally["unplaced"] += len(suggested) - len(placed)
        tally["placed"] += len(placed)
        for finding in placed:
            with changed(module.run, edits_of([finding]), folder) as run:
                after, again = traced(run)
            assert after == before, finding.fix.code
            assert not places([finding]) & places(mended(again)), finding.fix.code
            tally["right"] += 1
        with changed(module.run, edits_of(placed), folder) as run:
            after, again = traced(run)
        say(str(again))
        assert after == before
        assert again.queries <= report.queries
        # What had no place in the longer report may have one in the shorter.
        rest = [finding for finding in report.findings if finding not in placed]
        assert not places(mended(again)) - places(rest)


@settings(
    max_examples=WALKS,
    deadline=None,
    derandomize="WALKS" not in os.environ,  # the same walks in each run; WALKS draws others
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(walk=walks)
def _every_walk(tmp_path, walk):
    source = Writer().source(walk)
    note(source)
    verify(source, tmp_path)


def test_a_suggestion_for_any_walk_is_right(db, tmp_path):
    fill_graph()
    _every_walk(tmp_path)


#: Once the rows beyond those that are remembered were taken for those of ``author__books``.
BOOKS_FROM_TWO_RELATIONS = """
def run():
    found = []
    for note in Note.objects.all():
        book = note.about
        if isinstance(book, Book):
            for other in book.author.books.all():
                found.append(other.name)
            for each in book.notes.all():
                about = each.about
                if isinstance(about, Book):
                    found.append(getattr(about.editor, "name", None))
    return found
"""


def test_rows_of_a_generic_key_are_not_taken_for_those_of_another_relation(db, tmp_path):
    fill_graph()
    verify(BOOKS_FROM_TWO_RELATIONS, tmp_path, say=print)
