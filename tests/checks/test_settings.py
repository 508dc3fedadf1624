"""``manage.py check``: what it says of the guard's settings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings

MIDDLEWARE = "nplusone_guard.middleware.GuardMiddleware"

NO_VIEWS = ()  # a URL conf: without views of the framework practices are not checked


@pytest.fixture(autouse=True)
def no_views(settings):
    settings.ROOT_URLCONF = NO_VIEWS


def said(**options):
    return run_checks(tags=["query_guard"], **options)


def ids(**options):
    return [message.id.removeprefix("nplusone_guard.") for message in said(**options)]


def test_without_any_setting_nothing_is_said():
    assert ids(include_deployment_checks=True) == []


@override_settings(MIDDLEWARE=[MIDDLEWARE], NPLUSONE_GUARD={"ACTION": "warn"})
def test_of_sound_settings_nothing_is_said():
    assert ids(include_deployment_checks=True) == []


@override_settings(NPLUSONE_GUARD={"ACTON": "raise"})
def test_a_wrong_setting_makes_the_command_fail_with_the_hint():
    with pytest.raises(SystemCheckError) as error:
        call_command("check", tags=["query_guard"])
    assert "(nplusone_guard.E002) NPLUSONE_GUARD['ACTON'] is not a known key." in str(error.value)
    assert "HINT: Did you mean 'ACTION'?" in str(error.value)


def test_the_command_runs_the_checks_without_being_asked_for_them(tmp_path):
    (tmp_path / "wrong_settings.py").write_text(
        "from tests.settings import *\nNPLUSONE_GUARD = {'THRESHOLD': 1}\n"
    )
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "wrong_settings"}
    environ["PYTHONPATH"] = os.pathsep.join([str(tmp_path), str(Path.cwd())])
    done = subprocess.run(
        [sys.executable, "-m", "django", "check"],
        capture_output=True,
        text=True,
        env=environ,
        check=False,
    )
    assert done.returncode == 1
    assert "(nplusone_guard.E003) NPLUSONE_GUARD['THRESHOLD'] is 1." in done.stderr
    assert "HINT: It takes a whole number from 2." in done.stderr


@override_settings(MIDDLEWARE=[MIDDLEWARE, "django.middleware.common.CommonMiddleware", MIDDLEWARE])
def test_a_middleware_that_is_listed_twice_is_a_warning():
    (warning,) = said()
    assert warning.id == "nplusone_guard.W001"
    assert warning.msg == (
        f"{MIDDLEWARE} is in MIDDLEWARE 2 times; each request is reported as often."
    )
    assert warning.hint == "Keep the first one."


@override_settings(MIDDLEWARE=[], NPLUSONE_GUARD={"ACTION": "raise"})
def test_settings_without_the_middleware_are_told_of_and_fail_no_command():
    (info,) = said()
    assert info.id == "nplusone_guard.I001"
    assert info.msg == (
        f"NPLUSONE_GUARD is set, but {MIDDLEWARE} is not in MIDDLEWARE: no request is traced."
    )
    assert info.hint == f'MIDDLEWARE = ["{MIDDLEWARE}", ...]'
    call_command("check", tags=["query_guard"], fail_level="WARNING")


@override_settings(MIDDLEWARE=[], NPLUSONE_GUARD={"ENABLED": False})
def test_settings_that_turn_it_off_need_no_middleware():
    assert ids() == []


@override_settings(MIDDLEWARE=(MIDDLEWARE,), NPLUSONE_GUARD={"ENABLED": True, "ACTION": "raise"})
def test_raising_on_a_deployed_site_is_a_warning():
    (warning,) = said(include_deployment_checks=True)
    assert warning.id == "nplusone_guard.W002"
    assert warning.msg == (
        'NPLUSONE_GUARD["ACTION"] is "raise" and the guard is on: a finding fails the request.'
    )
    assert warning.hint == 'NPLUSONE_GUARD = {"ENABLED": False}, or "ACTION": "record".'


@pytest.mark.parametrize(
    "keys",
    [
        {"ACTION": "raise"},
        {"ENABLED": False, "ACTION": "raise"},
        {"ENABLED": True, "ACTION": "warn"},
        {"ENABLED": True, "ACTION": "record"},
    ],
)
def test_what_fails_no_request_of_a_deployed_site_is_no_warning(keys):
    with override_settings(MIDDLEWARE=[MIDDLEWARE], NPLUSONE_GUARD=keys):
        assert ids(include_deployment_checks=True) == []


@override_settings(MIDDLEWARE=[MIDDLEWARE], NPLUSONE_GUARD={"ENABLED": True, "ACTION": "raise"})
def test_raising_is_no_business_of_checks_for_development():
    assert ids() == []
