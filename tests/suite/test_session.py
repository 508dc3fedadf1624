"""What a test must fail with, and what is kept of its requests."""

from __future__ import annotations

import logging

import pytest

from nplusone_guard.suite.requests import add_observer, remove_observer
from nplusone_guard.suite.session import Session
from tests.conftest import fill

pytestmark = pytest.mark.urls("tests.endpoints")


@pytest.fixture
def observed():
    added = []

    def add(observer):
        add_observer(observer)
        added.append(observer)
        return observer

    yield add
    for each in added:
        remove_observer(each)


def test_requests_that_are_wrong_in_the_same_way_fail_as_one(db, client, observed):
    fill()
    session = observed(Session(mode="fail"))
    for _ in range(3):
        client.get("/row-by-row/")
    client.get("/api/orders/")
    first, second = session.failures()
    assert first.endswith("\nand 2 more requests like it")
    assert first.count("GET /row-by-row/") == 1
    assert "GET /api/orders/" in second
    assert not session.failures()


def test_reports_are_kept_where_they_are_asked_for(db, client, observed):
    keeping, other = (observed(Session(mode="report", keep=keep)) for keep in (True, False))
    client.get("/joined/")
    assert (len(keeping.reports), other.reports) == (1, [])


def test_a_fault_of_an_observer_is_logged_and_the_request_answered(db, client, observed, caplog):
    class Faulty:
        def sender(self):
            return None

        def observe(self, report, sender, *, may_raise):
            raise OSError

    observed(Faulty())
    with caplog.at_level(logging.ERROR, "nplusone_guard"):
        assert client.get("/joined/").status_code == 200
    assert "could not take in a request" in caplog.text
