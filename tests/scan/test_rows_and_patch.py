"""Rows that the project makes itself, and what is typed where."""

from __future__ import annotations

import pytest
from django.db.models.signals import post_save

from nplusone_guard.scan.hints import Hints
from nplusone_guard.scan.outcome import Saved, Visit
from nplusone_guard.scan.patch import patch
from nplusone_guard.scan.rows import Rows
from tests.shop.models import Label, Product


@pytest.fixture
def labelled():
    def label(instance, created, **_):
        if created:
            Label.objects.create(product=instance, text="of the signal")

    post_save.connect(label, sender=Product)
    yield
    post_save.disconnect(label, sender=Product)


@pytest.mark.django_db
def test_a_row_that_a_signal_makes_is_the_one_that_is_taken(labelled):
    made = [Rows(Hints()).make(Label) for _ in range(2)]
    assert [each.text for each in made] == ["of the signal"] * 2
    assert made[0].pk != made[1].pk


@pytest.fixture
def typed(tmp_path, monkeypatch):
    """``typed(text, (code, line, built), ...)``: fixes behind the first expression of lines."""
    monkeypatch.chdir(tmp_path)

    def make(text, *fixes, check=lambda *_: ""):
        (tmp_path / "views.py").write_text(text)
        lines = text.splitlines()
        visits = []
        for number, (code, line, built) in enumerate(fixes):
            row = lines[line - 1]
            start = row.index(row.split(" ")[-1])
            where = {
                "file": "views.py",
                "line": line,
                "function": "",
                "end_line": line,
                "column": start,
                "end_column": len(row),
            }
            visits.append(
                Visit(
                    *(f"route {number}", "staff", 200, (2, 8), (3, 9), (2, 8)),
                    *("linear: 1 query per row", True),
                    saved=Saved(({"code": code, "where": where},), 9, 1),
                    roots=(where,) if built else (),
                )
            )
        return patch(visits, check)

    return make


def test_nothing_is_typed_where_a_queryset_is_only_evaluated(typed):
    made = typed("rows = self.object_list\n", ('select_related("user")', 1, False))
    assert made.files == {}
    assert made.left == ['views.py:1: select_related("user")']


def test_what_several_endpoints_need_at_a_place_is_put_together(typed):
    text = "rows = Order.objects.all()\n"
    made = typed(
        text,
        ('select_related("user")', 1, True),
        ('select_related("shop").prefetch_related("items")', 1, True),
        ('select_related("user")', 1, True),
    )
    ((before, after),) = made.files.values()
    assert before == text
    assert after == (
        'rows = Order.objects.all().select_related("user", "shop").prefetch_related("items")\n'
    )


def test_columns_of_several_endpoints_add_up(typed):
    made = typed(
        "rows = Order.objects.all()\n",
        ('only("a", "b")', 1, True),
        ('only("a", "c").select_related("a")', 1, True),
    )
    ((_, after),) = made.files.values()
    assert after == 'rows = Order.objects.all().only("a", "b", "c").select_related("a")\n'


def test_what_would_break_another_endpoint_is_left_with_the_reason(typed):
    made = typed(
        "rows = Order.objects.all()\n",
        ('select_related("user")', 1, True),
        check=lambda *_: "other/: the view raises ValueError",
    )
    assert made.files == {}
    assert made.left == [
        'views.py:1: select_related("user") (not typed: other/: the view raises ValueError)'
    ]


def test_the_diff_of_a_file_without_a_last_newline_says_so(typed):
    made = typed("rows = Order.objects.all()", ('select_related("user")', 1, True))
    assert str(made).count("\n\\ No newline at end of file\n") == 2


def test_a_form_feed_ends_no_line(typed, tmp_path):
    text = "first = 1\n\x0c\nrows = Order.objects.all()\n"
    (tmp_path / "views.py").write_text(text)
    where = {
        "file": "views.py",
        "line": 3,
        "function": "",
        "end_line": 3,
        "column": 7,
        "end_column": 26,
    }
    visit = Visit(
        *("route", "staff", 200, (2, 8), (3, 9), (2, 8), "linear: 1 query per row", True),
        saved=Saved(({"code": 'select_related("user")', "where": where},), 9, 1),
        roots=(where,),
    )
    made = patch([visit])
    ((_, after),) = made.files.values()
    assert after == text.replace("all()", 'all().select_related("user")')
    assert "No newline" not in str(made)


def test_a_file_that_is_not_utf8_is_left_with_the_reason(typed, tmp_path):
    path = tmp_path / "views.py"
    path.write_bytes(
        "# -*- coding: latin-1 -*-\nrows = Order.objects.all()  # é\n".encode("latin-1")
    )
    where = {
        "file": "views.py",
        "line": 2,
        "function": "",
        "end_line": 2,
        "column": 7,
        "end_column": 26,
    }
    visit = Visit(
        *("route", "staff", 200, (2, 8), (3, 9), (2, 8), "linear: 1 query per row", True),
        saved=Saved(({"code": 'select_related("user")', "where": where},), 9, 1),
        roots=(where,),
    )
    made = patch([visit])
    assert made.files == {}
    assert "it is not UTF-8" in made.left[0]
