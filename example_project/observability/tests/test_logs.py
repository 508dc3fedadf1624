"""What is logged leaves as one line of JSON a record, with the same keys, whoever logs it."""

from __future__ import annotations

import logging
import warnings
from datetime import UTC, datetime

import pytest
import structlog
from django.test import Client

from observability import logs

HEAD = ["timestamp", "level", "logger", "request_id", "event"]


@pytest.fixture
def info(settings):
    """Production's level: tests are told of warnings alone."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    yield
    root.setLevel(before)


@pytest.mark.parametrize(
    "warn",
    [
        lambda: logging.getLogger("orders").warning("%s are late", 3),
        lambda: structlog.get_logger("orders").warning("3 are late"),
    ],
)
def test_a_line_is_the_same_from_either_kind_of_logger(log, warn):
    warn()
    (line,) = log()
    assert list(line) == HEAD
    assert abs((datetime.now(UTC) - datetime.fromisoformat(line.pop("timestamp"))).seconds) < 60
    assert line == {
        "level": "warning",
        "logger": "orders",
        "request_id": "-",
        "event": "3 are late",
    }


def test_what_is_logged_with_it_follows_and_takes_no_key_s_place(log):
    structlog.get_logger("orders").warning("late", order=7, level="mine", request_id="mine")
    (line,) = log()
    assert list(line) == [*HEAD, "order"]
    assert (line["level"], line["request_id"], line["order"]) == ("warning", "-", 7)


def test_a_value_that_json_does_not_know_is_written_as_text(log):
    structlog.get_logger("orders").warning("late", since=datetime(2026, 1, 1, tzinfo=UTC))
    assert log()[0]["since"] == "2026-01-01 00:00:00+00:00"


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\u2028", "\x85", "\x1b[31m"])
def test_text_from_outside_does_not_break_a_line(log, break_):
    logging.getLogger("orders").warning("late%s{}", break_)
    (line,) = log()
    assert line["event"] == f"late{break_}{{}}"


@pytest.mark.parametrize("logger", [logging.getLogger("orders"), structlog.get_logger("orders")])
def test_a_traceback_is_within_the_line_without_values_of_variables(log, logger):
    password = "sword" + "fish"
    try:
        int("none", len(password))
    except ValueError:
        logger.exception("failed")
    (line,) = log()
    assert "ValueError: invalid literal" in line["exception"]
    assert "test_logs.py" in line["exception"]
    assert "swordfish" not in str(line)


def test_a_warning_is_a_line_like_any_other(log):
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        logging.captureWarnings(capture=False)  # pytest's own way of catching them
        logging.captureWarnings(capture=True)
        warnings.warn("deprecated", stacklevel=1)
    (line,) = log()
    assert (line["level"], line["logger"]) == ("warning", "py.warnings")
    assert "UserWarning: deprecated" in line["event"]


def test_below_the_level_there_is_no_line(log):
    structlog.get_logger("orders").info("asked")
    logging.getLogger("orders").info("asked")
    assert log() == []


def test_a_developer_reads_text(capsys):
    handler = logging.StreamHandler()
    handler.setFormatter(logs.console_formatter())
    logger = logging.getLogger("orders.shown")
    logger.addHandler(handler)
    try:
        logger.warning("late")
    finally:
        logger.removeHandler(handler)
    shown = capsys.readouterr().err
    assert "[warning  ] late" in shown
    assert "[orders.shown]" in shown
    assert "{" not in shown


# --- A line for each request ---


def test_a_request_is_one_line_with_its_status_and_its_id(anyone, db, log, info):
    response = anyone.get("/api/v1/products/?name=secret")
    (line,) = [line for line in log() if line["logger"] == "access"]
    assert line.pop("duration_ms") > 0
    del line["timestamp"]
    assert line == {
        "level": "info",
        "logger": "access",
        "request_id": response.headers["X-Request-ID"],
        "event": "request",
        "method": "GET",
        "path": "/api/v1/products/",
        "status_code": 200,
    }


def test_a_fault_is_a_line_too(db, log, info, settings):
    settings.ROOT_URLCONF = "api.tests.broken_urls"
    Client(raise_request_exception=False).get("/api/broken/fault/")
    assert [line["status_code"] for line in log() if line["logger"] == "access"] == [500]


def test_probes_are_none(anyone, db, log, info):
    anyone.get("/healthz")
    anyone.get("/readyz")
    assert log() == []
