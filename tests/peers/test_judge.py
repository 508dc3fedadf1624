from __future__ import annotations

import pytest

from benchmarks.peers.adapters import Told
from benchmarks.peers.judge import NOT_TRIED, Verdict, better, proposals, tally, verdict
from benchmarks.peers.pages import Column, each_situation, summary, where_others_are_better

LINE = ("/src/relations.py", 23)
LOOP = {
    "expected": [["n_plus_one", 5, "shop.Order.customer"]],
    "lines": [list(LINE)],
    "fixes": ['select_related("customer")'],
}
CLEAN = {"expected": [], "lines": [], "fixes": []}
WORKS = {"why": "", "before": 6, "after": 1, "repeated": 0}


def said(model="shop.Order", field="customer", place=LINE, kind="n_plus_one", codes=()):
    return Told(kind, model, field, *place, codes=codes).plain()


def judged(*told, truth=LOOP, fix=None):
    return verdict(truth, list(told), fix).answers


def test_all_of_it_told_is_all_of_it_answered():
    answers = judged(said(codes=('select_related("customer")',)), fix=WORKS)
    assert answers == dict.fromkeys(
        ("relations", "relation", "line", "code", "works", "mends"), True
    )


def test_nothing_told_of_a_loop_answers_nothing():
    assert not any(judged().values())


def test_a_model_without_its_app_is_named():
    assert judged(said(model="Order"))["relation"]


@pytest.mark.parametrize(
    ("model", "field"),
    [("shop.Invoice", "customer"), ("Invoice", "customer"), ("shop.Order", "payer"), ("", "")],
)
def test_another_relation_is_not_the_one(model, field):
    answers = judged(said(model, field))
    assert (answers["relations"], answers["relation"]) == (True, False)


def test_each_relation_of_a_situation_must_be_named():
    second = ["n_plus_one", 5, "shop.Order.payer"]
    truth = {**LOOP, "expected": [*LOOP["expected"], second]}
    assert not judged(said(), truth=truth)["relation"]
    assert judged(said(), said(field="payer"), truth=truth)["relation"]


def test_a_line_beside_the_right_one_is_wrong():
    assert judged(said())["line"]
    assert not judged(said(), said(place=("/src/relations.py", 24)))["line"]


def test_code_that_breaks_is_code_that_does_not_work():
    fix = {"why": "FieldError: no such field"}
    each = verdict(LOOP, [said(codes=('select_related("x")',))], fix)
    assert (each.answers["code"], each.answers["works"]) == (True, False)
    assert each.notes == ("its code does not work: FieldError: no such field",)


def test_code_that_leaves_a_loop_works_and_does_not_mend_all():
    fix = {**WORKS, "after": 4, "repeated": 1}
    each = verdict(LOOP, [said(codes=('select_related("customer")',))], fix)
    assert (each.answers["works"], each.answers["mends"]) == (True, False)
    assert "leaves 4 of 6 queries" in each.notes


def test_code_that_nobody_could_type_is_not_judged():
    answers = judged(said(codes=("Order.objects.in_bulk(ids)",)), fix={"why": NOT_TRIED})
    assert answers["code"]
    assert "works" not in answers


def test_advice_of_another_kind_is_no_cry():
    assert judged(said(kind="fat_select"), truth=CLEAN) == {"silent": True}
    assert judged(said(kind="duplicate"), truth=CLEAN) == {"silent": False}


def test_shares_are_of_what_is_asked():
    verdicts = {"loop": verdict(LOOP, [said()], None), "clean": verdict(CLEAN, [], None)}
    counts = tally(verdicts)
    assert counts["relations"] == (1, 1)
    assert counts["works"] == (0, 1)
    assert counts["silent"] == (1, 1)
    assert counts["writes"] == (0, 0)


def test_what_is_to_be_typed_is_of_repeated_statements_alone():
    told = [said(codes=("a()",)), said(kind="fat_select", codes=("b()",))]
    assert proposals(told) == [{"model": "shop.Order", "field": "customer", "code": "a()"}]


def column(name, version, *answers, besides=None):
    verdicts = {f"situation_{n}": Verdict(each) for n, each in enumerate(answers)}
    return Column(name, version, verdicts, besides or {})


def test_where_another_tool_is_better_is_said_by_name():
    ours = column("nplusone_guard", "", {"relations": True, "line": False})
    theirs = column(
        "zeal", "2.3.0", {"relations": True, "line": True}, besides={"unused_eager": ["some_loop"]}
    )
    assert better(theirs.verdicts, ours.verdicts) == [("situation_0", "line")]
    text = where_others_are_better([ours, theirs])
    assert "`situation_0`: zeal (line named)" in text
    assert "`some_loop`" in text


def test_the_table_says_which_tool_is_not_there_and_why():
    there = column("zeal", "2.3.0", {"relations": True})
    absent = Column("django-nplus1", "0.2.0", {}, {}, "pip does not install it.")
    text = summary([there, absent], "(November.)")
    assert "| relations loaded row by row, found | 1 of 1 |" in text
    assert "django-nplus1 0.2.0 is not in the table: pip does not install it." in text


def test_a_cell_has_a_letter_for_each_yes():
    found = {"relations": True, "relation": True, "line": False, "code": True, "works": False}
    text = each_situation([column("zeal", "", found, {"relations": False}, {"silent": False})])
    assert text.splitlines()[2:] == [
        "| `situation_0` | `r.c.` |",
        "| `situation_1` | no |",
        "| `situation_2` | **cries** |",
    ]
