"""The plan of a slow query, where it is asked for; on each database."""

from __future__ import annotations

import pytest
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.test.utils import CaptureQueriesContext, override_settings

from nplusone_guard import capture
from tests.shop.models import Order, Product

#: Not written into the lines that a report shows.
VALUES, KEY = ["s3cret", "t0p"], 4711

ASKED = {"EXPLAIN": True, "SLOW_QUERY_MS": 0.001}


@pytest.fixture
def explained(shop):
    with override_settings(NPLUSONE_GUARD=ASKED):
        yield


def slow(report):
    return [finding for finding in report.findings if finding.kind == "slow"]


def test_a_full_scan_of_a_filtered_column_names_the_index_that_is_missing(explained):
    with capture() as report:
        list(Order.objects.filter(note="s3cret"))
    (finding,) = slow(report)
    assert finding.fix.code == 'models.Index(fields=["note"])'
    assert "shop_order" in finding.fix.explain


def test_the_last_query_of_a_trace_is_explained_too_and_so_is_one_in_between(explained):
    with capture() as report:
        list(Product.objects.filter(description="s3cret"))
        list(Order.objects.filter(note="s3cret"))
    codes = {finding.fix.code for finding in slow(report)}
    assert codes == {
        'models.Index(fields=["note"])',
        'models.Index(fields=["description"])',
    }


def test_a_look_up_by_primary_key_wants_no_index(explained):
    key = Order.objects.values_list("pk", flat=True).first()
    with capture() as report:
        Order.objects.get(pk=key)
    (finding,) = slow(report)
    assert finding.fix.code == ""


def test_no_value_of_a_plan_is_kept(explained):
    with capture() as report:
        list(Order.objects.filter(note__in=VALUES, payer_id=KEY))
    assert slow(report)
    for text in (str(report), str(report.to_dict()), repr(report.trace)):
        assert "s3cret" not in text
        assert "4711" not in text


def test_asking_for_a_plan_is_no_query_of_the_app(explained):
    with CaptureQueriesContext(connection) as queries, capture() as report:
        list(Order.objects.filter(note="x"))
    assert len(queries) == report.queries == 1


def test_each_statement_is_explained_once(explained, monkeypatch):
    asked = []
    create_cursor = type(connections[DEFAULT_DB_ALIAS]).create_cursor

    def counting(self, *args, **kwargs):
        asked.append(1)
        return create_cursor(self, *args, **kwargs)

    monkeypatch.setattr(type(connections[DEFAULT_DB_ALIAS]), "create_cursor", counting)
    with capture():
        for number in range(5):
            list(Order.objects.filter(note=str(number)))
    assert len(asked) == 5 + 1


def test_a_query_that_fails_is_not_explained(explained):
    from django.db import DatabaseError, transaction

    with (
        capture() as report,
        pytest.raises(DatabaseError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT nothing FROM nowhere")
    assert report.queries == 1
    assert Order.objects.count() == 5


def test_a_write_is_not_explained(explained):
    with capture() as report:
        Order.objects.filter(note="").update(note="x")
    (finding,) = slow(report)
    assert "EXPLAIN" in finding.fix.explain


def test_without_being_asked_the_guard_runs_no_query(shop, monkeypatch):
    from nplusone_guard.capture import lane

    monkeypatch.setattr(lane, "plan_of", None)  # calling it would be an error
    with override_settings(NPLUSONE_GUARD={"SLOW_QUERY_MS": 0.001}), capture() as report:
        list(Order.objects.filter(note="x"))
    (finding,) = slow(report)
    assert finding.fix.code == ""
    assert 'NPLUSONE_GUARD["EXPLAIN"]' in finding.fix.explain
