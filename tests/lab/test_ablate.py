from __future__ import annotations

import json

import pytest
from django.db.models import Prefetch
from jsonschema import Draft202012Validator

from nplusone_guard.errors import LabRefused
from nplusone_guard.lab import ablate
from nplusone_guard.report.json import schema, to_json
from tests.shop.models import (
    Category,
    Comment,
    Company,
    Contract,
    Folder,
    Order,
    OrderItem,
    Product,
    Tag,
)

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def texts(shop):
    """Wide columns that hold something."""
    Order.objects.update(note="n" * 500)
    Product.objects.update(description="d" * 200)


def unused(call):
    return [(each.method, each.path) for each in ablate(call, runs=0).lookups]


def codes(call):
    return [each.code for each in ablate(call, runs=0).columns if each.code]


# --- Eager loads ---


def test_a_join_that_nobody_reads_is_unused(shop):
    def read():
        orders = Order.objects.select_related("customer", "payer")
        return [order.customer.name for order in orders]

    (lookup,) = ablate(read).lookups
    assert (lookup.method, lookup.path, lookup.model) == ("select_related", "payer", "shop.Order")
    assert lookup.before.cells - lookup.after.cells == 5 * 2
    assert lookup.evaluated.function.endswith("read")


def test_a_prefetch_that_nobody_reads_is_unused_with_its_queries(shop):
    def read():
        orders = Order.objects.prefetch_related("items__product", "invoices")
        return [len(order.items.all()) for order in orders]

    found = ablate(read).lookups
    assert [each.path for each in found] == ["items__product", "invoices"]
    assert [each.before.queries - each.after.queries for each in found] == [1, 1]


def test_what_is_read_is_not_unused(shop):
    def read():
        orders = Order.objects.select_related("customer").prefetch_related("items__product")
        return [
            (order.customer.name, [item.product.name for item in order.items.all()])
            for order in orders
        ]

    assert unused(read) == []


def test_what_leads_to_something_that_is_read_is_not_unused(shop):
    def read():
        items = OrderItem.objects.select_related("product__category")
        return [item.product.category.name for item in items]

    assert unused(read) == []


def test_the_end_of_a_path_is_unused_alone(shop):
    def read():
        return [item.product.name for item in OrderItem.objects.select_related("product__category")]

    assert unused(read) == [("select_related", "product__category")]


def test_a_prefetch_of_one_object_is_used_though_it_costs_no_query_less_without_it(shop):
    def read():
        order = Order.objects.prefetch_related("items").get(pk=Order.objects.first().pk)
        return len(order.items.all())

    assert unused(read) == []


def test_a_join_to_nothing_is_not_judged(shop):
    Order.objects.update(payer=None)

    def read():
        orders = Order.objects.select_related("payer")
        return [order.payer.name if order.payer else None for order in orders]

    assert unused(read) == []


def test_without_rows_nothing_is_judged(db):
    def read():
        return [len(o.items.all()) for o in Order.objects.prefetch_related("items")]

    assert unused(read) == []


def test_a_prefetch_that_a_filter_passes_by_is_unused(shop):
    def read():
        orders = Order.objects.prefetch_related("items")
        return [len(order.items.filter(quantity=1)) for order in orders]

    assert unused(read) == [("prefetch_related", "items")]


def test_a_prefetch_that_count_is_answered_from_is_used(shop):
    def read():
        return [order.items.count() for order in Order.objects.prefetch_related("items")]

    assert unused(read) == []


def test_a_prefetch_under_another_name_is_judged_like_any_other(shop):
    def read(name):
        rows = Prefetch("items", queryset=OrderItem.objects.all(), to_attr="found")
        orders = Order.objects.prefetch_related(rows, "invoices")
        return [
            len(getattr(order, name).all() if name != "found" else order.found) for order in orders
        ]

    assert unused(lambda: read("found")) == [("prefetch_related", "invoices")]
    assert ("prefetch_related", "items") in unused(lambda: read("invoices"))


def test_joins_within_a_prefetch_are_judged_too(shop):
    def read():
        items = OrderItem.objects.select_related("product__category")
        orders = Order.objects.prefetch_related(Prefetch("items", queryset=items))
        return [item.product.name for order in orders for item in order.items.all()]

    (lookup,) = ablate(read, runs=0).lookups
    assert (lookup.model, lookup.path) == ("shop.OrderItem", "product__category")


def test_of_an_unused_prefetch_nothing_further_is_told(texts):
    def read():
        items = OrderItem.objects.select_related("product__category")
        return [o.pk for o in Order.objects.prefetch_related(Prefetch("items", queryset=items))]

    found = ablate(read, runs=0)
    assert [each.path for each in found.lookups] == ["items"]
    assert [each.model for each in found.columns] == ["shop.Order"]


@pytest.mark.filterwarnings("ignore:Calling select_related")  # deprecated in Django 6.1
def test_joins_without_names_are_judged_as_one(shop):
    assert unused(lambda: [i.quantity for i in OrderItem.objects.select_related()]) == [
        ("select_related", "")
    ]
    assert unused(lambda: [i.product.name for i in OrderItem.objects.select_related()]) == []


def test_a_one_to_one_from_the_other_side_and_a_generic_key_are_judged(shop):
    assert unused(lambda: [p.name for p in Product.objects.select_related("label")]) == [
        ("select_related", "label")
    ]
    assert unused(lambda: [p.label.text for p in Product.objects.select_related("label")]) == []
    assert unused(lambda: [c.text for c in Comment.objects.prefetch_related("about")]) == [
        ("prefetch_related", "about")
    ]
    assert unused(lambda: [c.about.name for c in Comment.objects.prefetch_related("about")]) == []


# --- Columns ---


def test_a_wide_column_that_nobody_reads_is_overfetched(texts):
    (found,) = ablate(lambda: [order.pk for order in Order.objects.all()]).columns
    assert found.code == 'defer("note")'
    assert (found.bytes, found.rows) == (500, 5)
    assert [each.name for each in found.columns] == ["note", "customer", "payer"]
    assert found.before.cells - found.after.cells == 5
    assert found.before.queries == found.after.queries == 1


def test_a_column_that_is_read_is_not(texts):
    assert codes(lambda: [order.note for order in Order.objects.all()]) == []


def test_narrow_columns_are_no_finding(shop):
    found = ablate(lambda: [tag.pk for tag in Tag.objects.all()], runs=0)
    assert [each.code for each in found.columns] == [""]
    assert found.report.findings == ()
    assert ablate(lambda: [t.pk for t in Tag.objects.all()], runs=0, wide=3).report.findings


def test_columns_of_joined_rows_are_found(texts):
    def read():
        return [i.product.name + i.order.customer.name for i in items()]

    def items():
        return OrderItem.objects.select_related("order__customer", "product")

    assert codes(read) == ['defer("order__note", "product__description")']


def test_columns_of_prefetched_rows_are_found_with_what_to_write(texts):
    def read():
        orders = Order.objects.only("pk").prefetch_related("items__product")
        return [item.product.name for order in orders for item in order.items.all()]

    rows = 'Product.objects.defer("description")'
    assert codes(read) == [f'prefetch_related(Prefetch("items__product", queryset={rows}))']


def test_an_only_is_written_anew(texts):
    def read():
        return [order.customer_id for order in Order.objects.only("customer", "note")]

    assert codes(read) == ['only("id", "customer")']


def test_only_a_wide_column_in_an_only_leaves_the_key(texts):
    assert codes(lambda: [o.pk for o in Order.objects.only("note")]) == ['only("id")']


def test_columns_of_a_parent_model_are_found(shop):
    Company.objects.update(note="n" * 100)
    assert codes(lambda: [each.number for each in Company.objects.all()]) == ['defer("note")']
    assert codes(lambda: [each.note for each in Company.objects.all()]) == []


def test_two_joins_of_one_model_count_as_read_if_one_is(shop):
    Folder.objects.all().delete()
    parent = Folder.objects.create(name="p" * 50)
    other = Folder.objects.create(name="o" * 50)
    Folder.objects.create(name="child", parent=parent, next=other)

    def read():
        rows = Folder.objects.select_related("parent", "next").filter(name="child")
        return [(row.parent.name, row.next.pk) for row in rows]

    assert codes(read) == []


def test_keys_that_a_prefetch_hangs_on_stay(texts):
    def read():
        return [len(order.items.all()) for order in Order.objects.prefetch_related("items")]

    found = ablate(read, runs=0)
    (items,) = [each for each in found.columns if each.through == "items"]
    assert [each.name for each in items.columns] == ["product", "quantity"]


def test_rows_that_are_no_objects_are_left_alone(texts):
    found = ablate(lambda: list(Order.objects.values("pk", "note")), runs=0)
    assert (found.lookups, found.columns) == ((), ())


# --- What is said ---


def test_what_is_unused_are_findings_of_the_report(texts):
    def read():
        return [order.pk for order in Order.objects.select_related("payer")]

    report = ablate(read).report
    assert [(each.kind, each.severity, each.path) for each in report.findings] == [
        ("unused_eager", "info", "payer"),
        ("overfetch", "info", None),
    ]
    assert {each.fix.proven.verdict for each in report.findings} == {"proven"}
    assert len({each.id for each in report.findings}) == 2
    Draft202012Validator(schema()).validate(json.loads(to_json(report)))
    assert 'Take "payer" out of select_related()' in str(report)
    assert report.ok


def test_the_text_says_what_was_taken_away_and_what_it_cost(texts):
    def read():
        return [order.pk for order in Order.objects.select_related("payer")]

    text = str(ablate(read, label="keys"))
    assert text.startswith("keys  1 query, 5 rows, ")
    assert 'UNUSED  select_related("payer") of shop.Order' in text
    assert "30 → 20 cells" in text
    assert "UNREAD  1 wide column of shop.Order, 500 bytes in each of 5 rows" in text


def test_where_all_is_read_it_says_so(shop):
    assert "all that is loaded is read" in str(ablate(lambda: [t.name for t in Tag.objects.all()]))


def test_a_call_that_differs_from_run_to_run_says_nothing(shop):
    runs = iter(range(100))

    def read():
        return next(runs), [order.pk for order in Order.objects.select_related("payer")]

    found = ablate(read)
    assert (found.lookups, found.columns) == ((), ())
    assert "differ" in found.unstable


def test_it_refuses_what_prove_refuses(shop):
    with pytest.raises(LabRefused, match="ablate\\(\\) refused a call that writes"):
        ablate(lambda: Category.objects.create(name="new"))


def test_an_unused_join_of_two_keys_to_one_row_is_told_apart(shop):
    def read():
        contracts = Contract.objects.select_related("party", "company")
        return [each.party.name for each in contracts]

    assert unused(read) == [("select_related", "company")]
