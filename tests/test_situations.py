from __future__ import annotations

import re

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from nplusone_guard import capture
from nplusone_guard.shape import fold
from tests.situations import SITUATIONS
from tests.typing_fixes import undone

pytestmark = pytest.mark.django_db(databases="__all__")

NAMES = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(each.skipped, reason="Fetch modes came with Django 6.1."),
    )
    for name, each in SITUATIONS.items()
]


def found(report):
    return sorted(
        (each.kind, each.count, each.relation or "")
        for finding in report.findings
        for each in finding.walk()
    )


def expected(findings):
    return sorted((kind, count, relation or "") for kind, count, relation in findings)


@pytest.mark.parametrize("name", NAMES)
def test_each_situation_gets_its_verdict(name, shop):
    situation = SITUATIONS[name]
    with capture() as report:
        situation.run()
    assert found(report) == expected(situation.expected), str(report)
    codes = [finding.fix.code for finding in report.findings if finding.fix and finding.fix.code]
    assert sorted(codes) == sorted(situation.fixes), str(report)
    if situation.operations is not None:
        accesses = [each.group.access for finding in report.findings for each in finding.walk()]
        assert {access.operation for access in accesses} == situation.operations, str(report)


def sent(run):
    """The shapes of the statements that cursors send, on both databases."""
    unseen = ("COMMIT", "ROLLBACK;")  # sent by the connection itself
    with (
        CaptureQueriesContext(connection) as queries,
        CaptureQueriesContext(connections["other"]) as others,
    ):
        run()
    captured = [*queries.captured_queries, *others.captured_queries]
    shapes = [fold(query["sql"]).shape.text for query in captured if query["sql"] not in unseen]
    # PostgreSQL's server-side cursors are numbered.
    return [re.sub(r"_django_curs_\w+", "_django_curs", shape) for shape in shapes]


@pytest.mark.parametrize("name", NAMES)
def test_the_guard_changes_no_query_and_misses_none(name, shop):
    run = SITUATIONS[name].run
    ContentType.objects.clear_cache()
    with undone():
        without = sent(run)
    ContentType.objects.clear_cache()
    with capture() as report:
        assert sent(run) == without
    assert report.queries + report.trace.transactions == len(without)


@pytest.mark.parametrize("name", NAMES)
def test_a_second_run_in_one_process_gets_the_same_verdict(name, shop):
    with undone(), capture():
        SITUATIONS[name].run()
    with capture() as report:
        SITUATIONS[name].run()
    assert found(report) == expected(SITUATIONS[name].expected), str(report)


@pytest.mark.parametrize("name", NAMES)
def test_each_situation_gets_its_verdict_behind_sync_to_async(name, shop):
    async def run():
        async with capture() as report:
            await sync_to_async(SITUATIONS[name].run)()
        return report

    # async_to_sync lends this thread, and so this test's transaction, to sync_to_async.
    report = async_to_sync(run)()
    assert found(report) == expected(SITUATIONS[name].expected), str(report)


CHAINS = [
    "a_linked_list",
    "a_chain_from_each_row_of_a_loop",
    "a_chain_whose_next_link_has_a_name",
    "recursion_up_from_each_row_of_a_loop",
]
TREES = ["recursion_over_a_tree", "recursion_down_from_each_row_of_a_loop"]


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_followed_link_by_link_is_for_information_only(name, shop):
    with capture() as report:
        SITUATIONS[name].run()
    assert [(finding.severity, finding.fix.code) for finding in report.findings] == [("info", "")]


@pytest.mark.parametrize("name", CHAINS + TREES)
def test_a_depth_that_nobody_knows_ahead_gets_a_word_and_no_code(name, shop):
    with capture() as report:
        SITUATIONS[name].run()
    assert "recursive CTE" in report.findings[0].fix.explain


def test_a_question_from_two_places_is_one_finding_that_names_both(shop):
    with capture() as report:
        SITUATIONS["the_same_question_from_two_places"].run()
    (finding,) = report.findings
    assert finding.total == 2
    assert len({each.location for each in finding.walk()}) == 2


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("aggregate_of_a_queryset_for_each_row", "OrderItem.objects.values(key).annotate(...)"),
        ("aggregate_on_the_second_level", 'Prefetch("orders", queryset=Order.objects.annotate'),
        ("aggregate_with_a_default", "Annotate the queryset of the Order rows"),
        ("contains_in_what_is_filtered", "choose from .items.all() in Python"),
        ("filter_by_what_only_the_loop_knows", "choose from .items.all() in Python"),
    ],
)
def test_where_nothing_can_be_typed_it_is_said_what_spares_the_queries(name, reason, shop):
    with capture() as report:
        SITUATIONS[name].run()
    unmended = [finding.fix for finding in report.findings if not finding.fix.code]
    assert [fix.explain for fix in unmended if reason in fix.explain]
    assert len(unmended) == 1
