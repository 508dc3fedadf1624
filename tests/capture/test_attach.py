"""The wrapper on connections: where it stands, and when it is put there."""

from __future__ import annotations

import pytest
from django.db import connection, connections

from nplusone_guard import capture
from nplusone_guard.capture.attach import attach
from nplusone_guard.capture.recorder import observe
from tests.files_database import ALIAS, files_database
from tests.shop.models import Order, Product


@pytest.fixture
def files(tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), files_database(tmp_path / "shop.sqlite3"):
        yield connections[ALIAS]


def test_it_stands_first_and_once(db):
    def other(execute, *args):
        return execute(*args)

    with connection.execute_wrapper(other):
        for _ in range(3):
            attach()
            with capture():
                pass
        assert connection.execute_wrappers[0] is observe
        assert connection.execute_wrappers.count(observe) == 1


def test_it_is_put_before_the_wrappers_that_are_there_already(files):
    def other(execute, *args):
        return execute(*args)

    files.execute_wrappers.clear()
    with files.execute_wrapper(other), capture() as report:
        Order.objects.count()
        assert files.execute_wrappers == [observe, other]
    assert files.execute_wrappers == [observe]
    assert report.queries == 1


def test_a_connection_made_within_a_capture_is_traced(files):
    del connections[ALIAS]
    with capture() as report:
        Order.objects.count()
        new = connections[ALIAS]
        assert new is not files
        assert new.execute_wrappers == [observe]
    files.close()
    assert report.queries == 1


def test_a_connection_closed_and_opened_again_within_a_capture_is_one_trace(files):
    with capture() as report:
        for _ in range(3):
            Order.objects.count()
            files.close()
    assert files.execute_wrappers == [observe]
    assert (report.queries, report.duplicates) == (3, 2)


@pytest.mark.django_db(databases=["default", "other"])
def test_two_databases_are_two_groups():
    with capture() as report:
        for alias in ("default", "other"):
            Product.objects.using(alias).count()
    assert [(group.database, group.count) for group in report.groups] == [
        ("default", 1),
        ("other", 1),
    ]
    assert report.findings == ()
