"""Each suggestion is typed where it says, and run: the finding goes, the result stays."""

from __future__ import annotations

import inspect

import pytest

from nplusone_guard import capture
from tests.situations import SITUATIONS
from tests.test_situations import expected, found
from tests.typing_fixes import behind, changed, replacements, undone

pytestmark = pytest.mark.django_db(databases="__all__")


def _marks(situation):
    return pytest.mark.skipif(situation.skipped, reason="Fetch modes came with Django 6.1.")


PLACED = {name: each for name, each in SITUATIONS.items() if each.fixes}
EACH = [
    pytest.param(name, number, id=f"{name}-{number}" if number else name, marks=_marks(situation))
    for name, situation in PLACED.items()
    for number in range(len(situation.fixes))
]
ALL = [pytest.param(name, marks=_marks(situation)) for name, situation in PLACED.items()]


def traced(run):
    """The result and the report of a run that leaves nothing in the database."""
    with undone(), capture() as report:
        result = run()
    return result, report


def edits_of(situation, typed):
    """The edits that type fixes, given by number, and what their explanations ask for; by file."""
    edits = {}
    pieces = dict(situation.rewrite)
    elsewhere = [n for n in range(len(situation.fixes)) if f"{{{n}}}" in "".join(pieces.values())]
    if len(situation.fixes) > 1 and not set(elsewhere) & set(typed):
        pieces = {}
    for number, finding in typed.items():
        if number in elsewhere:
            code = finding.fix.code.replace("[...]", pieces.pop("[...]", "[...]"))
            pieces = {old: new.replace(f"{{{number}}}", code) for old, new in pieces.items()}
        else:
            edits.setdefault(finding.fix.where.file, []).append(behind(finding.fix))
    file = inspect.getsourcefile(situation.run)
    edits[file] = edits.get(file, []) + replacements(situation.run, pieces.items())
    return edits


def mended(situation, report):
    """The findings that have a fix, by the number of their fix."""
    by_code = {finding.fix.code: finding for finding in report.findings if finding.fix}
    return {number: by_code[code] for number, code in enumerate(situation.fixes)}


def traits(findings):
    return {
        (each.kind, each.relation, each.path, each.count)
        for finding in findings
        for each in finding.walk()
    }


@pytest.mark.parametrize(("name", "number"), EACH)
def test_each_suggestion_ends_its_finding_and_changes_no_result(name, number, shop, tmp_path):
    situation = SITUATIONS[name]
    before, report = traced(situation.run)
    finding = mended(situation, report)[number]
    with changed(situation.run, edits_of(situation, {number: finding}), tmp_path) as run:
        after, again = traced(run)
    assert after == before
    assert again.queries < report.queries, str(again)
    assert not traits([finding]) & traits(again.findings), str(again)


@pytest.mark.parametrize("name", ALL)
def test_all_suggestions_together_leave_nothing_to_suggest(name, shop, tmp_path):
    situation = SITUATIONS[name]
    before, report = traced(situation.run)
    edits = edits_of(situation, mended(situation, report))
    with changed(situation.run, edits, tmp_path) as run:
        after, again = traced(run)
    assert after == before
    assert found(again) == expected(situation.left), str(again)


@pytest.mark.skipif(
    SITUATIONS["peers_mend_a_forward_key"].skipped, reason="Fetch modes came with Django 6.1."
)
def test_peers_are_offered_and_mend_a_forward_key(shop, tmp_path):
    situation = SITUATIONS["forward_key"]
    before, report = traced(situation.run)
    (finding,) = report.findings
    assert "fetch_mode(models.FETCH_PEERS)" in finding.fix.explain
    edit = behind(finding.fix)._replace(text=".fetch_mode(models.FETCH_PEERS)")
    with changed(situation.run, {finding.fix.where.file: [edit]}, tmp_path) as run:
        after, again = traced(run)
    assert (after, again.findings, again.queries) == (before, (), 2)


@pytest.mark.skipif(
    SITUATIONS["peers_mend_a_forward_key"].skipped, reason="Fetch modes came with Django 6.1."
)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("peers_have_no_effect_under_iterator", "rows of iterator() have no peers"),
        ("peers_have_no_effect_on_reverse_managers", "does not cover reverse relations"),
    ],
)
def test_it_is_said_why_peers_have_no_effect(name, reason, shop):
    with capture() as report:
        SITUATIONS[name].run()
    assert reason in report.findings[0].fix.explain
