"""``W141`` to ``W143``: said with ``--deploy`` alone."""

from __future__ import annotations

import re
from functools import partial

import pytest
from django.core.checks import run_checks
from django.test import override_settings

NO_VIEWS = ()  # a URL conf: without views of the framework practices are not checked


@pytest.fixture(autouse=True)
def no_views(settings):
    settings.ROOT_URLCONF = NO_VIEWS


def said(**changed):
    with override_settings(**changed):
        messages = run_checks(tags=["query_guard"], include_deployment_checks=True)
        assert run_checks(tags=["query_guard"]) == []
    return messages


@pytest.fixture
def cors(settings, corsheaders):
    return partial(said, INSTALLED_APPS=[*settings.INSTALLED_APPS, "corsheaders"])


@pytest.fixture
def corsheaders(tmp_path, monkeypatch):
    """An app of that name: its settings are read, not its code."""
    (tmp_path / "corsheaders").mkdir()
    (tmp_path / "corsheaders" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)


def test_debug():
    (warning,) = said(DEBUG=True)
    assert warning.id == "nplusone_guard.W141"
    assert warning.msg == (
        "DEBUG is True: whoever causes an error reads settings, source and SQL, and each process "
        "keeps the queries it runs."
    )
    assert warning.hint == "DEBUG = False"


def test_any_host():
    (warning,) = said(ALLOWED_HOSTS=["*"])
    assert warning.id == "nplusone_guard.W142"
    assert warning.msg == (
        'ALLOWED_HOSTS has "*": links in responses, next pages among them, lead wherever a '
        "client's Host header says."
    )
    assert warning.hint == 'ALLOWED_HOSTS = ["api.example.com"]'


def test_hosts_of_one_domain_are_left_alone():
    assert said(ALLOWED_HOSTS=[".example.com"]) == []


@pytest.mark.parametrize("name", ["CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL"])
def test_any_origin(cors, name):
    (warning,) = cors(**{name: True})
    assert warning.id == "nplusone_guard.W143"
    assert warning.msg == (
        f"{name} = True admits every origin: any page in a browser can call the API."
    )
    assert warning.hint == 'CORS_ALLOWED_ORIGINS = ["https://app.example.com"], in place of it.'


def test_any_origin_with_cookies(cors):
    (warning,) = cors(CORS_ALLOW_ALL_ORIGINS=True, CORS_ALLOW_CREDENTIALS=True)
    assert warning.msg.endswith("can call the API, with the cookies of its visitor.")


@pytest.mark.parametrize("pattern", [r".*", r"^https?://.+$", re.compile(r"^http")])
def test_a_pattern_that_any_origin_matches(cors, pattern):
    (warning,) = cors(CORS_ALLOWED_ORIGIN_REGEXES=[r"^https://\w+\.example\.com$", pattern])
    text = pattern if isinstance(pattern, str) else pattern.pattern
    assert warning.msg.startswith(f"{text!r} in CORS_ALLOWED_ORIGIN_REGEXES admits every origin")


def test_patterns_for_some_origins_are_left_alone(cors):
    assert cors(CORS_ALLOWED_ORIGIN_REGEXES=[r"^https://\w+\.example\.com$"]) == []


def test_settings_that_nothing_reads_are_left_alone():
    assert said(CORS_ALLOW_ALL_ORIGINS=True) == []


def test_without_the_framework_nothing_is_said(settings):
    without = [app for app in settings.INSTALLED_APPS if app != "rest_framework"]
    assert said(INSTALLED_APPS=without, DEBUG=True, ALLOWED_HOSTS=["*"]) == []
