"""``NPLUSONE_GUARD["DASHBOARD"]``: what each key takes, and what is said of what it can't."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from nplusone_guard.conf import guard_settings
from nplusone_guard.dashboard.options import DashboardOptions
from tests.dashboard.urls import admits_header


def given(value):
    return override_settings(NPLUSONE_GUARD={"DASHBOARD": value})


def errors():
    return [each for each in run_checks(tags=["query_guard"]) if each.is_serious()]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, DashboardOptions()),
        (None, DashboardOptions()),
        (False, DashboardOptions(wanted=False)),
        ({"PATH": "/srv/guard.sqlite3"}, DashboardOptions(path="/srv/guard.sqlite3")),
        ({"PATH": Path("/srv/g")}, DashboardOptions(path="/srv/g")),
        ({"BADGE": False}, DashboardOptions(badge=False)),
        (
            {"MAX_RECORDS": 1, "MAX_BYTES": 65_536},
            DashboardOptions(max_records=1, max_bytes=65_536),
        ),
        (
            {"PERMISSION": "tests.dashboard.urls.admits_header"},
            DashboardOptions(permission=admits_header),
        ),
    ],
)
def test_a_good_value_is_taken(value, expected):
    with given(value):
        assert guard_settings().dashboard == expected
        assert errors() == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "a dict with keys of PATH, MAX_RECORDS, MAX_BYTES, PERMISSION, BADGE, or False"),
        ("yes", "a dict with keys of PATH"),
        ({"PAHT": "/x"}, "'PAHT' is none of them; did you mean 'PATH'?"),
        ({3: 4}, "3 is none of them"),
        ({"PATH": ""}, "for 'PATH', the path of a file; '' is not"),
        ({"PATH": 3}, "for 'PATH', the path of a file"),
        ({"PATH": b"/x"}, "for 'PATH', the path of a file"),
        ({"MAX_RECORDS": 0}, "for 'MAX_RECORDS', a whole number from 1; 0 is not"),
        ({"MAX_RECORDS": True}, "for 'MAX_RECORDS'"),
        ({"MAX_BYTES": 10}, "for 'MAX_BYTES', a whole number of bytes from 65536"),
        ({"MAX_BYTES": "1 MB"}, "for 'MAX_BYTES'"),
        ({"BADGE": "no"}, "for 'BADGE', True or False; 'no' is not"),
        ({"PERMISSION": "nowhere.at_all"}, "for 'PERMISSION', a dotted path that can be imported"),
        ({"PERMISSION": "tests.dashboard.urls.app"}, "for 'PERMISSION', a dotted path"),
        ({"PERMISSION": "tests.dashboard.urls.urlpatterns"}, "a function that takes a request"),
        ({"PERMISSION": admits_header}, "for 'PERMISSION', the dotted path of a function"),
    ],
)
def test_a_bad_value_is_an_error_that_names_its_key_and_opens_nothing(value, said):
    with given(value):
        assert guard_settings().dashboard == DashboardOptions()
        (error,) = errors()
    assert error.id == "nplusone_guard.E003"
    assert "NPLUSONE_GUARD['DASHBOARD']" in error.msg
    assert said in error.hint
