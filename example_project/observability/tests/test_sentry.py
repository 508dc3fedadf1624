"""Faults go to Sentry where a DSN says so, named as in the log, without what is private."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DSN = "https://key@sentry.invalid/1"


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """``reported(SENTRY_DSN=…)``: in a process of its own, since the SDK patches Django."""

    def run(**variables):
        database = tmp_path_factory.mktemp("sentry") / "db.sqlite3"
        done = subprocess.run(
            [sys.executable, "-m", "observability.tests.report_a_fault"],
            cwd=PROJECT,
            env={
                "PATH": os.environ["PATH"],
                "ENV_FILE": os.devnull,
                "DJANGO_SETTINGS_MODULE": "observability.tests.captured",
                "SECRET_KEY": "for-tests-only-and-long-enough-to-sign-with-0123456789",
                "ALLOWED_HOSTS": "shop.example.com",
                "DATABASE_URL": f"sqlite:///{database}",
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


@pytest.fixture(scope="module")
def told(reported):
    return reported(SENTRY_DSN=DSN, SENTRY_ENVIRONMENT="staging")


def test_without_a_dsn_nothing_is_sent(reported):
    assert reported()["sent"] == []


def test_each_fault_is_one_event_with_its_request_s_id(told):
    assert [event["tags"]["request_id"] for event in told["sent"]] == told["names"]
    errors = [event["exception"]["values"][-1]["type"] for event in told["sent"]]
    assert errors == ["RuntimeError", "IntegrityError"]


def test_an_event_says_where_and_which_deployment(told):
    event = told["sent"][0]
    assert event["environment"] == "staging"
    assert event["transaction"] == "/fault"
    assert event["request"]["url"] == "https://shop.example.com/fault"
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "fault"
    assert not any("vars" in frame for frame in frames)


def test_nothing_private_is_in_it(told):
    sent = json.dumps(told["sent"])
    assert "INSERT INTO" in sent  # what was asked of the database is told, what with is not
    assert "secret-" not in sent
    assert not any("user" in event for event in told["sent"])
