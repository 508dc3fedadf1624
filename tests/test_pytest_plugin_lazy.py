"""The pytest plugin in a project that has no Django: it is not seen."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture
def without_django(pytester, monkeypatch):
    """A place where importing Django, or what comes with it, fails."""
    stubs = pytester.mkdir("stubs")
    for name in ("django", "asgiref", "rest_framework"):
        (stubs / f"{name}.py").write_text("raise ImportError(__name__)\n")
    monkeypatch.setenv("PYTHONPATH", str(stubs))
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)

    def run(*args):
        return pytester.run(sys.executable, "-m", "pytest", "-p", "no:django", *args)

    return run


def test_tests_run_without_django(pytester, without_django):
    pytester.makepyfile("""
import sys

def test_nothing_of_django_is_loaded():
    loaded = {name.partition(".")[0] for name in sys.modules}
    assert "nplusone_guard" in loaded
    assert not loaded & {"django", "asgiref", "rest_framework"}
""")
    without_django("--strict-markers", "-W", "error").assert_outcomes(passed=1)


def test_pytest_says_its_version_without_django(without_django):
    result = without_django("--version")
    assert result.ret == 0
    assert "pytest" in result.stdout.str() + result.stderr.str()


def test_the_marker_is_listed_without_django(without_django):
    result = without_django("--markers")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["@pytest.mark.query_budget(queries=None, duplicates=None, *"])


def test_the_fixture_is_listed_without_django(without_django):
    result = without_django("--fixtures")
    result.stdout.fnmatch_lines(["query_guard*", "*Trace and budget blocks of a test*"])
