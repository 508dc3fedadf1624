"""Exporters and the signal: each report, whatever ``ACTION`` says, and never in the way."""

from __future__ import annotations

import json
import logging

import pytest

from nplusone_guard.signals import traced
from tests import serving

COLLECT = "tests.serving.collect"


@pytest.fixture(autouse=True)
def nothing_collected():
    serving.reports.clear()
    yield
    serving.reports.clear()


@pytest.mark.parametrize("action", ["record", "warn", "raise"])
def test_an_exporter_gets_each_report_whatever_the_action(exporting, get, action):
    with exporting(COLLECT, ACTION=action, REPORTERS=[]):
        get("/row-by-row/")
    (report,) = serving.reports
    assert report.queries == 6


def test_an_exporter_that_fails_is_logged_and_the_response_goes_out(exporting, get, caplog):
    with exporting("tests.serving.broken", COLLECT):
        assert get("/row-by-row/").status_code == 200
    assert len(serving.reports) == 1
    assert "An exporter of NPLUSONE_GUARD failed" in caplog.text


def test_receivers_of_the_signal_get_each_report(exporting, get):
    seen = []

    def receive(sender, report, **kwargs):
        seen.append(report.queries)

    traced.connect(receive)
    try:
        with exporting():
            get("/row-by-row/")
    finally:
        traced.disconnect(receive)
    assert seen == [6]


def test_a_receiver_that_fails_keeps_neither_the_others_nor_the_response(exporting, get, caplog):
    def receive(sender, report, **kwargs):
        raise OSError("planted")

    traced.connect(receive)
    try:
        with exporting():
            assert get("/row-by-row/").status_code == 200
    finally:
        traced.disconnect(receive)


def test_a_log_line_is_json_with_stable_keys(exporting, get, caplog):
    caplog.set_level(logging.INFO, "nplusone_guard.requests")
    with exporting("nplusone_guard.integrations.logs.export"):
        get("/row-by-row/")
        get("/joined/")
    wrong, right = (json.loads(record.getMessage()) for record in caplog.records)
    assert list(wrong) == [
        "event",
        "version",
        "method",
        "route",
        "status",
        "queries",
        "duplicates",
        "rows",
        "db_ms",
        "wall_ms",
        "truncated",
        "findings",
        "violations",
    ]
    (finding,) = wrong["findings"]
    assert finding["relation"] == "shop.Order.customer"
    assert finding["at"] == "tests/endpoints.py:17"
    assert (wrong["route"], wrong["status"]) == ("row-by-row/", 200)
    assert right["findings"] == []
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert caplog.records[0].guard == wrong
