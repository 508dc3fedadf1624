"""What the tools said, word for word, read in one form."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks.peers import adapters
from benchmarks.peers.adapters import Told, nplusone, query_doctor, query_guard, zeal
from nplusone_guard import capture
from tests.situations import SITUATIONS


def test_zeal_names_relation_and_line():
    message = "N+1 detected on shop.Order.customer at /src/tests/relations.py:23 in forward_key"
    assert zeal(message) == Told(
        "n_plus_one", "shop.Order", "customer", "/src/tests/relations.py", 23, words=message
    )


def test_zeal_of_a_get_names_a_model_and_no_relation():
    told = zeal("N+1 detected on shop.Product.get() at /src/tests/keys.py:9 in keys")
    assert (told.model, told.field, told.line) == ("shop.Product", "", 9)


def test_nplusone_names_a_relation_and_no_line():
    told = nplusone("Potential n+1 query detected on `Order.customer`")
    assert (told.kind, told.model, told.field, told.line) == ("n_plus_one", "Order", "customer", 0)


def test_django_nplus1_names_the_line_as_well():
    told = nplusone(
        "Potential n+1 query detected on `Order.items` at /src/tests/relations.py:50 in reverse_key"
    )
    assert (told.model, told.field) == ("Order", "items")
    assert (told.file, told.line) == ("/src/tests/relations.py", 50)


def test_an_eager_load_that_nobody_used_is_no_repeated_statement():
    told = nplusone("Potential unnecessary eager load detected on `Order.items`")
    assert told.kind == "unused_eager"
    assert told.kind not in adapters.REPEATED


def prescription(kind="n_plus_one", suggestion="", **extra):
    """A ``Prescription`` of query-doctor, as recorded."""
    return SimpleNamespace(
        issue_type=SimpleNamespace(value=kind),
        description='N+1 detected: 5 queries for table "shop_customer" (via Order.customer)',
        fix_suggestion=suggestion,
        callsite=SimpleNamespace(filepath="/src/tests/relations.py", line_number=23),
        extra=extra,
    )


def test_query_doctor_names_relation_line_and_code():
    told = query_doctor(
        prescription(
            suggestion="Add .select_related('customer') to your Order queryset",
            model="shop.Order",
            field="customer",
        )
    )
    assert (told.model, told.field, told.line) == ("shop.Order", "customer", 23)
    assert told.codes == ('select_related("customer")',)


@pytest.mark.parametrize(
    ("kind", "suggestion", "read", "code"),
    [
        (
            "n_plus_one",
            (
                "Fetch the rows in one query: Product.objects.in_bulk(ids), or "
                "Product.objects.filter(pk__in=ids), instead of one lookup per iteration"
            ),
            "n_plus_one",
            ("Product.objects.in_bulk(ids)",),
        ),
        (
            "write_n_plus_one",
            (
                "Delete through the queryset instead of per object: "
                "Tag.objects.filter(...).delete(), which issues one statement."
            ),
            "write_loop",
            ("Tag.objects.filter(...).delete()",),
        ),
        (
            "duplicate_query",
            (
                "Assign the queryset result to a variable and reuse it instead of executing the "
                "same query multiple times"
            ),
            "duplicate",
            (),
        ),
        ("fat_select", "Use .defer('note') to skip loading large fields", "fat_select", ()),
    ],
)
def test_query_doctors_other_advice(kind, suggestion, read, code):
    told = query_doctor(prescription(kind, suggestion, model=None, field=None))
    assert (told.kind, told.codes) == (read, code)


def test_query_guard_names_a_statement_alone():
    told = query_guard(SimpleNamespace(count=5, pattern="SELECT ?.? FROM ? WHERE ?.? = %s"))
    assert told == Told("n_plus_one", words="5x SELECT ?.? FROM ? WHERE ?.? = %s")


@pytest.mark.django_db(databases="__all__")
def test_the_guards_code_is_told_once_for_a_cause(shop):
    with capture() as report:
        SITUATIONS["two_levels_forward"].run()
    (finding,) = report.findings
    told = list(adapters.guard(finding))
    assert [(each.model, each.field) for each in told] == [
        ("shop.OrderItem", "order"),
        ("shop.Order", "customer"),
    ]
    assert [each.codes for each in told] == [('select_related("order__customer")',), ()]
    assert {each.file.rpartition("/")[2] for each in told} == {"relations.py"}
