from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nplusone_guard import capture
from tests.situations import SITUATIONS


def found(report):
    return sorted(
        (each.kind, each.count, each.relation or "")
        for finding in report.findings
        for each in finding.walk()
    )


def expected(name):
    return sorted(
        (kind, count, relation or "") for kind, count, relation in SITUATIONS[name].expected
    )


@pytest.mark.parametrize("name", SITUATIONS)
def test_each_situation_gets_its_verdict(name, shop):
    with capture() as report:
        SITUATIONS[name].run()
    assert found(report) == expected(name), str(report)


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_guard_runs_no_query_and_misses_none(name, shop):
    with CaptureQueriesContext(connection) as queries, capture() as report:
        SITUATIONS[name].run()
    unseen = ("COMMIT", "ROLLBACK;")  # sent by the connection itself, not through a cursor
    sent = [query for query in queries.captured_queries if query["sql"] not in unseen]
    assert report.queries + report.trace.transactions == len(sent)


@pytest.mark.parametrize("name", SITUATIONS)
def test_a_second_run_in_one_process_gets_the_same_verdict(name, shop):
    if name == "sessions_and_users":
        pytest.skip("its user can be made only once")
    with capture():
        SITUATIONS[name].run()
    if "deleting" in name or "recursion" in name or "written_into_it" in name:
        return  # the data is not what it was
    with capture() as report:
        SITUATIONS[name].run()
    assert {each[::2] for each in found(report)} == {each[::2] for each in expected(name)}


@pytest.mark.parametrize("name", SITUATIONS)
def test_each_situation_gets_its_verdict_behind_sync_to_async(name, shop):
    async def run():
        async with capture() as report:
            await sync_to_async(SITUATIONS[name].run)()
        return report

    # async_to_sync lends this thread, and so this test's transaction, to sync_to_async.
    report = async_to_sync(run)()
    assert found(report) == expected(name), str(report)
