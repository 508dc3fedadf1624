"""``allow(...)``: what it covers, for how long, and what the report says of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import override_settings

from nplusone_guard import allow, capture
from tests.shop.models import Order, Product

CUSTOMER = "shop.Order.customer"
PAST = date(2020, 2, 29)


def read_customers():
    for order in Order.objects.all():
        order.customer.name


def read_payers():
    for order in Order.objects.order_by("pk"):
        order.payer.name


def relations(findings):
    return [finding.relation for finding in findings]


def suppressed(report):
    return [each.finding.relation for each in report.suppressed]


def test_a_finding_moves_to_suppressed_and_its_queries_still_count(shop):
    with capture() as report, allow(relation=CUSTOMER, reason="two rows at most"):
        read_customers()
    assert report.ok
    assert report.findings == ()
    assert suppressed(report) == [CUSTOMER]
    assert report.suppressed[0].allowance.reason == "two rows at most"
    assert report.queries == 6
    assert report.stale == ()


def test_it_ends_with_its_block(shop):
    with capture() as report:
        with allow(relation=CUSTOMER, reason="accepted here"):
            read_customers()
        for order in Order.objects.order_by("pk"):
            order.customer.name
    assert relations(report.findings) == [CUSTOMER]
    assert suppressed(report) == [CUSTOMER]


def test_it_ends_with_its_block_when_that_raises(shop):
    with capture() as report:
        with (
            pytest.raises(ZeroDivisionError),
            allow(relation=CUSTOMER, reason="accepted"),
        ):
            raise ZeroDivisionError
        read_customers()
    assert relations(report.findings) == [CUSTOMER]


def test_it_holds_for_a_capture_opened_inside_it(shop):
    with allow(relation=CUSTOMER, reason="accepted"), capture() as report:
        read_customers()
    assert suppressed(report) == [CUSTOMER]
    assert report.findings == ()


def test_it_holds_for_the_outer_capture_of_two(shop):
    with capture() as outer, capture() as inner, allow(relation=CUSTOMER, reason="accepted"):
        read_customers()
    assert suppressed(outer) == suppressed(inner) == [CUSTOMER]
    assert outer.findings == ()


def test_nested_ones_merge(shop):
    with (
        capture() as report,
        allow(relation=CUSTOMER, reason="few"),
        allow(relation="shop.Order.payer", reason="fewer"),
    ):
        read_customers()
        read_payers()
    assert report.findings == ()
    assert sorted(suppressed(report)) == [CUSTOMER, "shop.Order.payer"]


@pytest.mark.parametrize(
    "pattern", [CUSTOMER, "*.*.customer", "shop.*.*", "shop.Or?er.cust*", "shop.Order.[bc]*", "*"]
)
def test_each_part_may_be_a_shell_pattern(pattern, shop):
    with capture() as report, allow(relation=pattern, reason="accepted"):
        read_customers()
    assert suppressed(report) == [CUSTOMER]


@pytest.mark.parametrize(
    "pattern", ["shop.Order.payer", "*.*.items", "shop.order.customer", "shop.*.cust"]
)
def test_one_that_matches_nothing_is_stale_and_never_raises(pattern, shop):
    with capture() as report, allow(relation=pattern, reason="long gone"):
        read_customers()
    assert relations(report.findings) == [CUSTOMER]
    (stale,) = report.stale
    assert stale.startswith(f'allow("{pattern}") at {__file__}:')
    assert stale.endswith("matched nothing: long gone")
    assert f'  stale  allow("{pattern}") at ' in str(report)


def test_one_that_was_entered_a_thousand_times_is_stale_once(shop):
    with capture() as report:
        for _ in range(1_000):
            with allow(relation=CUSTOMER, reason="accepted"):
                pass
    assert len(report.stale) == 1


def test_only_a_lone_star_covers_what_has_no_relation(shop):
    def read():
        for key in Product.objects.values_list("pk", flat=True):
            Product.objects.get(pk=key)

    with capture() as report, allow(relation="*.*.*", reason="accepted"):
        read()
    assert relations(report.findings) == [None]
    with capture() as report, allow(relation="*", reason="accepted"):
        read()
    assert suppressed(report) == [None]


@pytest.mark.parametrize("until", [PAST, "2020-02-29", datetime(2020, 2, 29, 23, tzinfo=UTC)])
def test_after_its_date_the_finding_is_back_and_it_is_stale(until, shop):
    with capture() as report, allow(relation=CUSTOMER, reason="until the rewrite", until=until):
        read_customers()
    assert relations(report.findings) == [CUSTOMER]
    assert report.suppressed == ()
    (stale,) = report.stale
    assert stale.endswith("expired on 2020-02-29: until the rewrite")


@pytest.mark.parametrize("days", [0, 1])
def test_it_holds_on_its_last_day(days, shop):
    until = date.today() + timedelta(days=days)
    with capture() as report, allow(relation=CUSTOMER, reason="accepted", until=until):
        read_customers()
    assert suppressed(report) == [CUSTOMER]
    assert report.stale == ()


def test_beside_one_in_force_an_expired_one_is_stale_and_the_finding_covered(shop):
    with (
        capture() as report,
        allow(relation=CUSTOMER, reason="old", until=PAST),
        allow(relation="shop.*.*", reason="new"),
    ):
        read_customers()
    assert suppressed(report) == [CUSTOMER]
    assert report.suppressed[0].allowance.reason == "new"
    assert [line.partition(" expired")[1] for line in report.stale] == [" expired"]


@override_settings(NPLUSONE_GUARD={"ALLOW": [{"relation": CUSTOMER, "reason": "two rows"}]})
def test_the_settings_accept_for_every_trace(shop):
    with capture() as report:
        read_customers()
    assert suppressed(report) == [CUSTOMER]
    assert report.suppressed[0].allowance.place == 'NPLUSONE_GUARD["ALLOW"]'


@override_settings(NPLUSONE_GUARD={"ALLOW": [{"relation": CUSTOMER, "reason": "two rows"}]})
def test_one_of_the_settings_that_matches_nothing_here_is_not_stale(shop):
    with capture() as report:
        read_payers()
    assert report.stale == ()


@override_settings(
    NPLUSONE_GUARD={"ALLOW": [{"relation": CUSTOMER, "reason": "was few", "until": "2020-02-29"}]}
)
def test_one_of_the_settings_that_expired_is_stale_where_it_would_match(shop):
    with capture() as report:
        read_customers()
    assert relations(report.findings) == [CUSTOMER]
    assert report.stale == (
        'allow("shop.Order.customer") at NPLUSONE_GUARD["ALLOW"] expired on 2020-02-29: was few',
    )


# --- Asynchronous use ---


def test_async_with(shop):
    async def run():
        async with capture() as report, allow(relation=CUSTOMER, reason="accepted"):
            await sync_to_async(read_customers)()
        return report

    assert suppressed(async_to_sync(run)()) == [CUSTOMER]


def test_one_object_serves_tasks_that_overlap(shop):
    accepted = allow(relation=CUSTOMER, reason="accepted")

    async def run():
        first_is_in, second_is_in = asyncio.Event(), asyncio.Event()

        async def first():
            async with accepted:
                first_is_in.set()
                await second_is_in.wait()

        async def second():
            await first_is_in.wait()
            async with accepted:
                second_is_in.set()
                await sync_to_async(read_customers)()

        async with capture() as report:
            await asyncio.gather(first(), second())
            await sync_to_async(read_payers)()
        return report

    report = async_to_sync(run)()
    assert suppressed(report) == [CUSTOMER]
    assert relations(report.findings) == ["shop.Order.payer"]


def test_one_task_does_not_cover_another(shop):
    async def run():
        is_in, done = asyncio.Event(), asyncio.Event()

        async def accepting():
            async with allow(relation=CUSTOMER, reason="only in this task"):
                is_in.set()
                await done.wait()

        async def other():
            await is_in.wait()
            await sync_to_async(read_customers)()
            done.set()

        async with capture() as report:
            await asyncio.gather(accepting(), other())
        return report

    assert relations(async_to_sync(run)().findings) == [CUSTOMER]


# --- Wrong arguments ---


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"relation": "customer"}, "relation='customer': a relation has three parts, app.Model."),
        ({"relation": "a.b.c.d"}, "three parts"),
        ({"relation": " "}, 'a pattern such as "orders.*.product"'),
        ({"relation": None}, 'a pattern such as "orders.*.product"'),
        ({"reason": ""}, "reason='': say why it is accepted"),
        ({"reason": " \n"}, "say why it is accepted"),
        ({"reason": None}, "reason=None: say why it is accepted"),
        ({"until": "next year"}, "until='next year': it takes a date, or text as \"2027-06-30\""),
        ({"until": "2027-02-30"}, "it takes a date"),
        ({"until": 2027}, "until=2027: it takes a date"),
    ],
)
def test_wrong_arguments_are_told_with_what_they_take(arguments, says):
    with pytest.raises(ValueError, match=r"^(relation|reason|until)=") as error:
        allow(**{"relation": CUSTOMER, "reason": "accepted", **arguments})
    assert says in str(error.value)


def test_a_reason_is_required():
    with pytest.raises(TypeError, match="reason"):
        allow(relation=CUSTOMER)
