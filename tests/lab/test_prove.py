from __future__ import annotations

import json

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.db.models import Count
from django.http import JsonResponse, StreamingHttpResponse
from django.test import AsyncClient, Client
from jsonschema import Draft202012Validator

from nplusone_guard import Budget, capture
from nplusone_guard.lab import prove
from nplusone_guard.report.json import schema, to_json
from nplusone_guard.testing import hold_requests
from tests.shop.models import Customer, Order, OrderItem, Product
from tests.situations import SITUATIONS

pytestmark = pytest.mark.django_db(databases="__all__")


def names():
    return [order.customer.name for order in Order.objects.all()]


def products():
    return [
        [item.product.category.name for item in order.items.all()] for order in Order.objects.all()
    ]


def in_any_order(before, after):
    if isinstance(before, list):
        return sorted(map(repr, before)) == sorted(map(repr, after))
    return before == after


def only(proofs):
    (proof,) = proofs.proofs
    return proof


# --- Each situation of the catalogue ---


@pytest.mark.parametrize(
    "name", [name for name, each in SITUATIONS.items() if each.fixes and not each.skipped]
)
def test_each_fix_that_is_a_change_of_a_queryset_is_proven_and_no_other_is_tried(name, shop):
    # Without an order_by(), a join has PostgreSQL give the rows in another order.
    equal = None if connection.vendor == "sqlite" else in_any_order
    proofs = prove(SITUATIONS[name].run, runs=0, safe=False, equal=equal)
    for proof in proofs.proofs:
        fix = proof.finding.fix
        loads = fix.code.startswith(("select_", "prefetch_", "only(", "defer("))
        assert proof.verdict == ("proven" if loads and fix.alone else "not tried"), str(proofs)
        assert proof.experiment.reason


# --- What is compared ---


def test_a_proof_has_what_the_call_costs_before_and_after(shop):
    proof = only(prove(names))
    before, after = proof.experiment.before, proof.experiment.after
    assert (before.queries, before.rows, before.cells) == (6, 10, 5 * 4 + 5 * 2)
    assert (after.queries, after.rows, after.cells) == (1, 5, 5 * (4 + 2))
    assert min(after.ms, before.ms) > 0
    assert proof.finding.fix.proven == proof.experiment


def test_a_fix_that_changes_the_result_is_shown_with_a_diff(shop):
    def counted():
        """Says whether the rows came with a join."""
        orders = list(Order.objects.all())
        ahead = ["customer" in order._state.fields_cache for order in orders]
        return [*ahead, *(order.customer.name for order in orders)]

    proof = only(prove(counted))
    assert proof.verdict == "changes the result"
    assert "-False" in proof.diff
    assert "+True" in proof.diff


def test_the_same_in_another_order_is_said_to_be_that(shop):
    def turned():
        orders = list(Order.objects.order_by("pk"))
        ahead = "customer" in orders[0]._state.fields_cache
        return [order.customer.name for order in (reversed(orders) if ahead else orders)]

    proof = only(prove(turned))
    assert proof.verdict == "changes the result"
    assert "the same in another order" in proof.experiment.reason


def test_the_caller_says_what_is_equal(shop):
    def counted():
        orders = list(Order.objects.all())
        ahead = ["customer" in order._state.fields_cache for order in orders]
        return ahead, [order.customer.name for order in orders]

    assert only(prove(counted, equal=lambda a, b: a[1] == b[1])).verdict == "proven"


def test_an_exception_under_a_fix_changes_the_result(shop):
    def strict():
        orders = list(Order.objects.all())
        if "customer" in orders[0]._state.fields_cache:
            raise ValueError("not like this")
        return [order.customer.name for order in orders]

    proof = only(prove(strict))
    assert proof.verdict == "changes the result"
    assert "ValueError: not like this" in proof.diff


def test_a_result_that_differs_from_run_to_run_is_compared_with_nothing(shop):
    runs = iter(range(100))

    def stamped():
        return next(runs), names()

    proofs = prove(stamped)
    assert only(proofs).verdict == "not comparable"
    assert "two runs without any change differ" in proofs.unstable
    assert proofs.best is None


def test_a_cached_result_is_no_proof(shop):
    kept = []

    def cached():
        if not kept:
            kept.extend(names())
        return list(kept)

    proofs = prove(cached)
    assert proofs.proofs == ()
    assert proofs.before.queries == 0


def test_a_call_that_alternates_says_that_its_queries_do(shop):
    runs = iter(range(100))

    def sometimes():
        if next(runs) % 2:
            return names()[:0]
        return []

    assert "0, 6 and 0 queries" in prove(sometimes).unstable


@pytest.mark.urls("tests.endpoints")
@pytest.mark.parametrize(
    "answer",
    [
        lambda: JsonResponse(names(), safe=False),
        lambda: StreamingHttpResponse(name for name in names()),
        lambda: Order.objects.filter(customer__name__in=names()),
        lambda: Client().get("/row-by-row/"),
    ],
    ids=["response", "stream", "queryset", "client"],
)
def test_responses_streams_querysets_and_requests_are_read_to_their_end(answer, shop):
    assert only(prove(answer)).verdict == "proven"


def test_a_call_that_awaits_is_run_to_its_end(shop):
    async def called():
        return [order.id async for order in Order.objects.all()]

    assert prove(called).before.queries == 1


def test_an_iterator_gets_its_fix_too(shop):
    def iterated():
        return [item.product.name for item in OrderItem.objects.iterator()]

    assert only(prove(iterated)).experiment.after.queries == 1


def test_a_prefetch_is_proven_on_an_iterator_without_a_chunk_size(shop):
    def iterated():
        return [len(order.items.all()) for order in Order.objects.iterator()]

    assert only(prove(iterated)).experiment.after.queries == 2


def test_what_a_call_raises_unchanged_is_raised(shop):
    with pytest.raises(ZeroDivisionError):
        prove(lambda: 1 / 0)


def test_a_fix_that_needs_the_reading_code_is_not_tried_and_says_so(shop):
    proof = only(prove(lambda: [order.items.count() for order in Order.objects.all()]))
    assert proof.verdict == "not tried"
    assert "The code that reads has to change as well" in proof.experiment.reason
    assert "items_count" in proof.experiment.reason


def test_a_fix_that_the_orm_refuses_is_not_tried_and_says_why(shop):
    def valued():
        for row in Order.objects.values("customer_id"):
            Customer.objects.filter(pk=row["customer_id"]).first()

    assert {proof.verdict for proof in prove(valued).proofs} == {"not tried"}


# --- Sets of fixes ---


def test_the_cheapest_set_joins_what_a_prefetch_asks_for(shop):
    proofs = prove(products)
    assert only(proofs).experiment.after.queries == 4
    assert proofs.best.after.queries == 2
    (fix,) = proofs.best.fixes
    assert fix.code == (
        'prefetch_related(Prefetch("items", queryset=OrderItem.objects.'
        'select_related("product__category")))'
    )


def test_fixes_of_two_querysets_are_chosen_together(shop):
    def both():
        return names(), [item.product.name for item in OrderItem.objects.order_by("pk")]

    proofs = prove(both)
    assert [proof.verdict for proof in proofs.proofs] == ["proven", "proven"]
    assert proofs.best.after.queries == 2
    assert {fix.finding for fix in proofs.best.fixes} == {p.finding.id for p in proofs.proofs}


def test_what_ran_once_is_joined_as_well(shop):
    def first():
        order = Order.objects.get(pk=Order.objects.values_list("pk", flat=True)[0])
        return order.customer.name

    proofs = prove(first)
    assert proofs.proofs == ()
    assert (proofs.best.before.queries, proofs.best.after.queries) == (3, 2)
    assert proofs.best.fixes[0].code == 'select_related("customer")'
    assert proofs.best.fixes[0].finding == ""


def test_no_more_sets_are_tried_than_asked_for(shop):
    assert prove(products, most=1).best.tried == 1


def test_only_what_a_report_has_is_tried(shop):
    with capture() as report:
        names()

    def both():
        return names(), [item.product.name for item in OrderItem.objects.order_by("pk")]

    assert {p.finding.relation for p in prove(both, report=report).proofs} <= {
        "shop.Order.customer"
    }


def test_one_of_two_querysets_of_a_model_is_changed(shop):
    def two():
        untouched = list(Order.objects.filter(pk__gt=0))
        return names(), ["customer" in order._state.fields_cache for order in untouched]

    assert only(prove(two)).verdict == "proven"


def test_a_queryset_that_is_read_again_is_what_it_was(shop):
    orders = Order.objects.filter(pk__gt=0)
    before = str(orders.query)

    def read():
        return [order.customer.name for order in orders.all()]

    prove(read)
    assert str(orders.query) == before
    assert orders._result_cache is None


# --- What is left behind ---


@pytest.mark.urls("tests.endpoints")
def test_the_requests_of_an_experiment_are_held_to_no_budget(shop):
    with hold_requests(Budget(queries=1)):
        assert only(prove(lambda: Client().get("/row-by-row/"))).verdict == "proven"


def test_each_run_is_undone(shop):
    def writing():
        Product.objects.create(name="one more")
        return names(), Product.objects.count()

    before = Product.objects.count()
    assert {p.verdict for p in prove(writing, safe=False).proofs} == {"proven"}
    assert Product.objects.count() == before


def test_what_was_proven_is_in_the_report_s_json(shop):
    document = json.loads(to_json(prove(names).report))
    Draft202012Validator(schema()).validate(document)
    proven = document["findings"][0]["fix"]["proven"]
    assert proven["verdict"] == "proven"
    assert (proven["before"]["queries"], proven["after"]["queries"]) == (6, 1)


def test_the_report_says_what_was_shown(shop):
    text = str(prove(names, runs=0).report)
    assert "tried proven: 6 → 1 query, " in text
    assert "The same result from fewer queries." in text


def test_the_text_says_what_was_tried_and_what_it_showed(shop):
    text = str(prove(products, label="the products"))
    assert text.startswith("the products  36 queries, ")
    assert "PROVEN  N+1 35x  shop.Order.items" in text
    assert "36 → 4 queries" in text
    assert "cheapest proven set of 2 sets tried: 36 → 2 queries" in text


def test_a_call_without_findings_has_nothing_to_prove(shop):
    proofs = prove(lambda: Order.objects.aggregate(Count("pk")))
    assert (proofs.proofs, proofs.best) == ((), None)
    assert "nothing to prove" in str(proofs)


# --- Asynchronous code ---


def test_an_asynchronous_loop_gets_its_fix(shop):
    async def names():
        found = []
        async for order in Order.objects.order_by("pk"):
            found.append(await sync_to_async(lambda order=order: order.customer.name)())
        return found

    assert only(prove(names)).experiment.after.queries == 1


def test_an_asynchronous_iterator_gets_its_fix(shop):
    async def names():
        found = []
        async for order in Order.objects.order_by("pk").aiterator():
            found.append(await sync_to_async(lambda order=order: order.customer.name)())
        return found

    assert only(prove(names)).experiment.after.queries == 1


@pytest.mark.urls("tests.endpoints")
def test_a_request_of_an_asynchronous_client_is_run_again(shop):
    async def get():
        return await AsyncClient().get("/row-by-row/")

    assert only(prove(get)).experiment.after.queries == 1
