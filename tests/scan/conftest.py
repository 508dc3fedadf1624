"""One scan of the routes here, for all tests of what it says."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings


@pytest.fixture(scope="session")
def scan(django_db_setup, django_db_blocker, tmp_path_factory):
    """``scan("--only", "api/*")``: what it printed, its JSON, and the error that it ended with."""

    def run(*arguments):
        file = tmp_path_factory.mktemp("scan") / "scan.json"
        out, err = StringIO(), StringIO()
        ended = None
        with django_db_blocker.unblock(), override_settings(ROOT_URLCONF="tests.scan.urls"):
            try:
                call_command(
                    *("guard_scan", "--runs=1", f"--json={file}", *arguments),
                    stdout=out,
                    stderr=err,
                )
            except CommandError as error:
                ended = error
        told = json.loads(file.read_text()) if file.exists() else None
        return Scanned(out.getvalue(), err.getvalue(), told, ended)

    return run


class Scanned:
    def __init__(self, out, err, told, ended):
        self.out, self.err, self.told, self.ended = out, err, told, ended

    def visits(self, route):
        return {each["user"]: each for each in self.told["endpoints"] if each["route"] == route}

    def visit(self, route):
        (found,) = self.visits(route).values()
        return found

    def unreached(self, route):
        (found,) = [each for each in self.told["unreached"] if each["route"] == route]
        return found


@pytest.fixture(scope="session")
def everything(scan):
    """All routes, as one who has not logged in; and what only staff may see as all."""
    return scan("--users=anonymous,staff", "--sizes=2,4", "--fail-on=never")
