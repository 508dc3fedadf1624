"""The log of the guard's own faults: each kind once a minute, under many users at once too."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from nplusone_guard import faults
from tests.files_database import files_database
from tests.serving import guarded, wsgi
from tests.test_faults import break_down, fault

USERS = 64

logger = logging.getLogger("nplusone_guard")


def logged(caplog):
    return [record.getMessage() for record in caplog.records if record.exc_info]


def fail(error=ValueError):
    try:
        fault_of(error)
    except error:
        logger.exception("The guard could not.")


def fault_of(error):
    raise error("planted")


def test_a_kind_of_fault_is_logged_once_a_minute(caplog, monkeypatch):
    for _ in range(5):
        fail()
    assert logged(caplog) == ["The guard could not."]
    now = faults.monotonic()
    monkeypatch.setattr(faults, "monotonic", lambda: now + 61)
    fail()
    assert logged(caplog)[1:] == ["The guard could not. (4 more like it since the last line)"]


def test_two_kinds_are_two_lines(caplog):
    fail()
    fail(KeyError)
    assert len(logged(caplog)) == 2


def test_reports_are_never_left_out(caplog):
    for _ in range(3):
        logger.warning("GET /orders/  200  6 queries")
    assert len(caplog.records) == 3


def hang(*_, **__):
    time.sleep(1)
    raise RuntimeError("injected")


def hoard(*_, **__):
    block = bytearray(20_000_000)
    raise MemoryError(len(block))


HOWS = {"raises": fault, "hangs for a second": hang, "eats memory": hoard}
STAGES = {
    "recording": "nplusone_guard.capture.lane:find",
    "detection": "nplusone_guard.pipeline:detect",
    "advice": "nplusone_guard.pipeline:advise",
    "emission": "nplusone_guard.middleware:emit",
}


@pytest.fixture
def files(tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), files_database(tmp_path / "shop.sqlite3"):
        yield


def at_once(number):
    def send(_):
        try:
            response = wsgi("/orders/")
            return response.status_code, dict(response.headers), response.content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as executor:
        return list(executor.map(send, range(number)))


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("stage", STAGES)
def test_sixty_four_users_get_what_they_would_get_without_the_guard(
    stage, how, files, monkeypatch, caplog
):
    with guarded(middleware=[]):
        (plain,) = at_once(1)
    break_down(monkeypatch, STAGES[stage], HOWS[how])
    with guarded():
        answers = at_once(USERS)
    assert answers == [plain] * USERS
    assert len(logged(caplog)) == 1
