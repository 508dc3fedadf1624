"""A project that follows no practice, as ``manage.py check`` shows it.

The text is what a user reads: it is changed on purpose, with the file beside.
"""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

from nplusone_guard.checks.practices import CHECKS

HERE = Path(__file__).parent
SAID = (HERE / "bad" / "said.txt").read_text()


def test_what_is_said_of_it():
    out, err = StringIO(), StringIO()
    with override_settings(ROOT_URLCONF="tests.checks.bad.urls"):
        call_command("check", tags=["query_guard"], stdout=out, stderr=err, no_color=True)
    assert err.getvalue() == SAID


@pytest.mark.parametrize("check", CHECKS, ids=[check.__name__ for check in CHECKS])
def test_each_check_has_something_to_say_of_it(check):
    """Its ids stand in its docstring; W102 is of projects without a throttle, this one has one."""
    ids = set(re.findall(r"``([WI]\d{3})``", check.__doc__ or ""))
    assert ids
    assert ids <= set(re.findall(r"nplusone_guard\.([WI]\d{3})", SAID)) | {"W102"}


def test_levels_are_those_that_the_ids_say():
    warnings, infos = SAID.split("INFOS:")
    assert not re.search(r"nplusone_guard\.I", warnings)
    assert not re.search(r"nplusone_guard\.W", infos)
