"""The pytest plugin, as a project that has it installed meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

IMPORTS = """
import pytest
from django.test import AsyncClient, Client, TestCase
from rest_framework.test import APIClient, APITestCase

from tests.conftest import fill
from tests.shop.models import Order
"""
DATA = """
@pytest.fixture(autouse=True)
def filled(db):
    fill()
"""


@pytest.fixture
def project(pytester, monkeypatch):
    """Run pytest on a file of tests, in a project that has the views of ``tests.endpoints``."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("COLUMNS", "200")  # pytest's summary is cut at the width
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "project_settings")
    pytester.makeini(
        "[pytest]\n"
        "pythonpath = .\n"
        "addopts = --nomigrations --strict-markers -p no:xdist -p no:cacheprovider"
        " -p no:faker -p no:hypothesispytest\n"  # each takes half of the time to start
        "filterwarnings = error\n"
    )
    pytester.makepyfile(
        project_settings="from tests.settings import *\nROOT_URLCONF = 'tests.endpoints'\n"
    )

    def run(source, data=DATA):
        (pytester.path / "test_project.py").write_text(IMPORTS + data + source)
        return pytester.runpytest_subprocess()

    return run


def test_the_requests_of_a_marked_test_are_held(project):
    result = project("""
@pytest.mark.query_budget(queries=6)
def test_within(client):
    assert client.get("/row-by-row/").status_code == 200

@pytest.mark.query_budget(queries=5)
def test_over(client):
    client.get("/row-by-row/")

@pytest.mark.query_budget(n_plus_one=0)
def test_over_with_drf():
    APIClient().get("/api/orders/")

@pytest.mark.query_budget(queries=0)
def test_queries_of_the_test_itself_do_not_count(client):
    assert Order.objects.count() == 5
    client.get("/nothing/")

def test_not_marked(client):
    client.get("/row-by-row/")
""")
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines(
        [
            "FAILED test_project.py::test_over - *BudgetExceeded: GET /row-by-row/*",
            "FAILED test_project.py::test_over_with_drf - *BudgetExceeded: GET /api/orders/*",
        ]
    )
    result.stdout.fnmatch_lines(
        [
            "E * GET /row-by-row/  200  6 queries, *",
            "E *   over budget  queries: 6 of 5 allowed",
            "E *   N+1 5x  shop.Order.customer *",
            "E *       at    */tests/endpoints.py:* in row_by_row*",
            'E *       fix   select_related("customer")',
        ]
    )


def test_a_failure_points_at_the_line_of_the_test(project):
    result = project("""
@pytest.mark.query_budget(queries=5)
def test_request(client):
    client.get("/row-by-row/")

def test_block(query_guard):
    with query_guard.budget(queries=0):
        Order.objects.count()
""")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(['>       client.get("/row-by-row/")'])
    result.stdout.fnmatch_lines([">       with query_guard.budget(queries=0):"])
    result.stdout.no_fnmatch_line("*nplusone_guard/testing.py*")
    result.stdout.no_fnmatch_line("*nplusone_guard/report/*")


def test_the_closest_marker_wins_limit_by_limit(project):
    result = project("""
pytestmark = pytest.mark.query_budget(queries=2, rows=10)

def test_the_modules_limit_holds(client):
    with pytest.raises(AssertionError, match="queries: 6 of 2 allowed"):
        client.get("/row-by-row/")

@pytest.mark.query_budget(queries=6)
class TestRequests:
    def test_the_classes_limit_holds(self, client):
        client.get("/row-by-row/")

    @pytest.mark.query_budget(queries=5)
    def test_the_functions_limit_holds(self, client):
        with pytest.raises(AssertionError, match="queries: 6 of 5 allowed"):
            client.get("/row-by-row/")

    @pytest.mark.query_budget(rows=9)
    def test_a_limit_that_is_not_its_own_holds_on(self, client):
        with pytest.raises(AssertionError, match="rows: 10 of 9 allowed") as error:
            client.get("/row-by-row/")
        assert "queries:" not in str(error.value)

    @pytest.mark.query_budget(queries=3)
    @pytest.mark.query_budget(queries=6)
    def test_the_upper_of_two_is_the_outer_one(self, client):
        client.get("/row-by-row/")
""")
    result.assert_outcomes(passed=5)


def test_parametrized_tests_and_markers_added_while_running(project):
    result = project("""
@pytest.mark.parametrize(
    "path",
    ["/joined/", pytest.param("/row-by-row/", marks=pytest.mark.query_budget(queries=6))],
)
@pytest.mark.query_budget(queries=1)
def test_get(client, path):
    client.get(path)

@pytest.fixture
def strict(request):
    request.node.add_marker(pytest.mark.query_budget(queries=0))

def test_added_by_a_fixture(client, strict):
    with pytest.raises(AssertionError, match="queries: 1 of 0 allowed"):
        client.get("/joined/")
""")
    result.assert_outcomes(passed=3)


def test_unittest_classes_and_asynchronous_tests(project):
    result = project(
        """
@pytest.mark.query_budget(queries=5)
class Sync(TestCase):
    def setUp(self):
        fill()

    def test_over(self):
        self.client.get("/row-by-row/")

    @pytest.mark.query_budget(queries=6)
    def test_within(self):
        self.client.get("/row-by-row/")

class Async(TestCase):
    def setUp(self):
        fill()

    @pytest.mark.query_budget(queries=5)
    async def test_over_async(self):
        await self.async_client.get("/row-by-row-async/")

    @pytest.mark.query_budget(queries=6)
    async def test_within_async(self):
        await self.async_client.get("/row-by-row-async/")

class Rest(APITestCase):
    def setUp(self):
        fill()

    @pytest.mark.query_budget(n_plus_one=0)
    def test_over_rest(self):
        self.client.get("/api/orders/")
""",
        data="",
    )
    result.assert_outcomes(passed=2, failed=3)
    result.stdout.fnmatch_lines_random(
        [
            "FAILED test_project.py::Sync::test_over - *GET /row-by-row/*",
            "FAILED test_project.py::Async::test_over_async - *GET /row-by-row-async/*",
            "FAILED test_project.py::Rest::test_over_rest - *GET /api/orders/*",
        ]
    )


def test_an_asynchronous_function_that_another_plugin_runs(project, pytester):
    pytester.makeconftest("""
import inspect

import pytest
from asgiref.sync import async_to_sync

@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if inspect.iscoroutinefunction(pyfuncitem.obj):
        names = pyfuncitem._fixtureinfo.argnames
        async_to_sync(pyfuncitem.obj)(**{name: pyfuncitem.funcargs[name] for name in names})
        return True
""")
    result = project("""
@pytest.mark.query_budget(queries=5)
async def test_over(async_client):
    await async_client.get("/row-by-row/")

@pytest.mark.query_budget(queries=6)
async def test_within(async_client):
    await async_client.get("/row-by-row/")
""")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["FAILED *::test_over - *BudgetExceeded: GET /row-by-row/*"])


NAMES = "queries, duplicates, n_plus_one, db_ms, rows"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("querys=4", f"it takes the limits {NAMES}; 'querys' is none of them."),
        ("4", f"it takes the limits {NAMES}; 4 without a name is none of them."),
        ("queries='4'", "Budget(queries=...) takes a whole number or None, not '4'."),
        ("queries=-4", "Budget(queries=...) can't be negative, got -4."),
    ],
)
def test_a_wrong_marker_is_a_usage_error_before_any_test_runs(pytester, arguments, says):
    pytester.makepyfile(f"""
import pytest

def test_first():
    pass

@pytest.mark.query_budget({arguments})
def test_marked():
    pass
""")
    result = pytester.runpytest_inprocess("-p", "no:django")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    place = "test_a_wrong_marker_is_a_usage_error_before_any_test_runs.py::test_marked"
    assert f"ERROR: {place}: @pytest.mark.query_budget: {says}" in result.stderr.lines


def test_the_fixture_captures_and_holds_blocks(project):
    result = project("""
def read():
    for order in Order.objects.all():
        order.customer.name

def test_capture(query_guard):
    with query_guard.capture() as report:
        read()
    assert report.label == "test_capture"
    assert [finding.relation for finding in report.findings] == ["shop.Order.customer"]

def test_capture_with_options(query_guard):
    with query_guard.capture(label="export", threshold=6) as report:
        read()
    assert (report.label, report.findings) == ("export", ())

def test_within(query_guard):
    with query_guard.budget(queries=6) as report:
        read()
    assert report.queries == 6

def test_over(query_guard):
    with query_guard.budget(queries=5):
        read()

def test_an_exception_is_not_hidden(query_guard):
    with pytest.raises(ZeroDivisionError), query_guard.budget(queries=0):
        read()
        raise ZeroDivisionError

def test_wrong_limits(query_guard):
    with pytest.raises(TypeError, match="querys"):
        query_guard.budget(querys=5)
""")
    result.assert_outcomes(passed=5, failed=1)
    result.stdout.fnmatch_lines(["FAILED *::test_over - *BudgetExceeded: test_over  6 queries*"])
