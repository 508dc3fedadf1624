"""When a question that was asked before is a duplicate."""

from __future__ import annotations

import pytest

from nplusone_guard.detect import Options
from nplusone_guard.detect.duplicate import duplicate, redundant
from nplusone_guard.trace import Access
from tests.traces import again, group, lazy, trace


def found(*groups, **options):
    return list(duplicate(trace(*groups), Options(**options)))


def test_one_question_asked_again_and_again():
    (finding,) = found(again(3))
    assert finding.kind == "duplicate"
    assert finding.count == finding.total == 3
    assert finding.severity == "warning"


def test_asking_once_is_none():
    assert not found(group(count=1))


def test_other_parameters_are_another_question():
    assert not found(group(count=3, varied=True))


def test_asking_again_after_a_write_is_none():
    assert not found(group(count=3, redundant=0))


def test_only_what_could_be_spared_counts():
    (finding,) = found(group(count=5, redundant=2))
    assert finding.total == 3


@pytest.mark.parametrize(("threshold", "expected"), [(2, 1), (3, 1), (4, 0)])
def test_the_threshold_is_the_least_number_of_askings(threshold, expected):
    assert len(found(again(3), threshold=threshold)) == expected


@pytest.mark.parametrize("sql", ["UPDATE t SET a = 1", "SAVEPOINT s1", "INSERT INTO t VALUES (1)"])
def test_what_reads_nothing_is_none(sql):
    assert not found(again(3, sql=sql))


def test_what_is_excused_is_none():
    assert not found(again(3, excuse="sessions and authentication"))


@pytest.mark.parametrize("operation", ["content type", "delete", "refresh"])
def test_what_django_asks_for_itself_is_none(operation):
    assert not found(again(3, access=Access(operation)))


def test_a_relation_loaded_in_a_loop_is_an_n_plus_one_even_to_one_row():
    loop = lazy(3, redundant=2)
    assert not found(loop)
    assert redundant(trace(loop)) == 0


# --- From several places ---


def test_the_same_question_from_two_places_is_one_finding():
    (finding,) = found(group(count=1), group(count=1, echoes=0))
    assert finding.total == 2
    assert [each.count for each in finding.walk()] == [1, 1]


def test_from_three_places_that_each_know_only_the_one_before():
    (finding,) = found(group(), group(echoes=0), group(echoes=1))
    assert finding.total == 3
    assert len(finding.nested) == 2


def test_two_questions_from_two_places_each_are_two_findings():
    findings = found(group(), group(), group(echoes=0), group(echoes=1))
    assert [finding.total for finding in findings] == [2, 2]


def test_the_first_place_leads():
    first, second = group(count=1, db_ms=1.0), group(count=1, db_ms=2.0, echoes=0)
    (finding,) = found(first, second)
    assert finding.group is first
    assert finding.nested[0].group is second


def test_an_echo_could_be_spared():
    assert redundant(trace(group(), group(echoes=0))) == 1
    assert redundant(trace(group(), again(3, echoes=0))) == 3


def test_a_question_that_an_n_plus_one_had_asked_is_asked_once():
    loop = lazy(3)
    assert not found(loop, group(echoes=0))
    assert redundant(trace(loop, group(echoes=0))) == 0


def test_a_question_that_the_session_had_asked_is_asked_once():
    session = group(excuse="sessions and authentication")
    assert not found(session, group(echoes=0))
