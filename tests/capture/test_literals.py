"""Statements with values or comments written into them, more than a path keeps as they are."""

from __future__ import annotations

import pytest
from django.db import connection

from nplusone_guard import capture
from tests.shop.models import Tag


def traced(statements, between=None):
    with capture() as report, connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)
            if between:
                between()
    return report


def told(report):
    return [(finding.kind, finding.count) for finding in report.findings]


@pytest.mark.parametrize("times", [2, 8, 9, 30])
def test_another_value_each_time_is_one_group_and_a_loop(times, db):
    report = traced(f"SELECT name FROM shop_tag WHERE id = {n}" for n in range(times))
    assert [(group.count, group.shape.text) for group in report.groups] == [
        (times, "SELECT name FROM shop_tag WHERE id = ?")
    ]
    assert told(report) == [("n_plus_one", times)]


@pytest.mark.parametrize("times", [2, 8, 9, 30])
def test_another_comment_each_time_is_the_same_question(times, db):
    report = traced(f"SELECT name FROM shop_tag WHERE id = 7 /* {n} */" for n in range(times))
    assert len(report.groups) == 1
    assert told(report) == [("duplicate", times)]
    assert report.duplicates == times - 1


def test_another_comment_after_a_write_is_asked_for_a_reason(db):
    report = traced(
        (f"SELECT name FROM shop_tag WHERE id = 7 /* {n} */" for n in range(3)),
        between=lambda: Tag.objects.create(name="new"),
    )
    assert report.duplicates == 0


def test_a_value_that_comes_again_among_others_is_a_loop(db):
    report = traced(f"SELECT name FROM shop_tag WHERE id = {n % 3}" for n in range(30))
    assert told(report) == [("n_plus_one", 30)]


def test_savepoints_of_many_names_are_one_group_each(db):
    report = traced(
        f"{verb} s{n}" for n in range(30) for verb in ("SAVEPOINT", "RELEASE SAVEPOINT")
    )
    assert [(group.count, group.shape.text) for group in report.groups] == [
        (30, "SAVEPOINT ?"),
        (30, "RELEASE SAVEPOINT ?"),
    ]
    assert report.queries == 0
