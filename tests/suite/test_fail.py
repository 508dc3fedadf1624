"""``pytest --query-guard=fail``: the test in which it happens fails, with the report."""

from __future__ import annotations

from tests.suite.conftest import CLEAN, ONE_CAUSE


def test_the_test_fails_with_the_report_as_its_text(project):
    project.write(ONE_CAUSE)
    result = project.run("--query-guard=fail")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*_ test_one _*",
            "GET /row-by-row/  200  6 queries, 10 rows, *",
            "  N+1 5x  shop.Order.customer *",
            '      fix   select_related("customer")',
        ]
    )
    result.stdout.fnmatch_lines(
        ["FAILED test_project.py::test_one - QueryGuardFailed: GET /row-by-row/ *"]
    )
    result.stdout.no_fnmatch_line("*suite/plugin.py*")


def test_what_a_fixture_sends_is_an_error_of_the_setup(project):
    project.write("""
@pytest.fixture
def sent(client, filled):
    client.get("/row-by-row/")

def test_it(sent):
    pass
""")
    project.run("--query-guard=fail").assert_outcomes(errors=1)


def test_a_test_that_fails_by_itself_keeps_its_failure_and_shows_the_report(project):
    project.write("""
def test_it(client, filled):
    client.get("/row-by-row/")
    assert 1 == 2
""")
    result = project.run("--query-guard=fail")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E       assert 1 == 2"])
    result.stdout.fnmatch_lines(["*Captured query guard*", "  N+1 5x  shop.Order.customer *"])


def test_a_request_that_a_server_thread_answers_fails_its_test(project):
    project.write("""
from urllib.request import urlopen

def test_it(live_server, filled):
    assert urlopen(live_server.url + "/row-by-row/").status == 200
""")
    project.run("--query-guard=fail").assert_outcomes(failed=1)


def test_an_expected_failure_may_name_the_guards(project):
    project.write("""
from nplusone_guard import GuardError

@pytest.mark.xfail(raises=GuardError, strict=True)
def test_it(client, filled):
    client.get("/row-by-row/")
""")
    project.run("--query-guard=fail").assert_outcomes(xfailed=1)


def test_a_request_that_outlasts_its_test_is_named_as_that_tests(project):
    project.write("""
KEPT = []

def test_first(client, filled):
    KEPT.append(client.get("/stream/"))

def test_second(filled):
    b"".join(KEPT.pop())
""")
    result = project.run("--query-guard=fail")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "A request of test_project.py::test_first, which is over:",
            "GET /stream/  200  6 queries*",
        ]
    )
    result.stdout.fnmatch_lines(["      test  test_project.py::test_first"])


def test_the_budget_of_a_view_is_held(project):
    (project.path / "views.py").write_text("""
from django.http import HttpResponse
from django.urls import path
from nplusone_guard import query_budget
from tests.shop.models import Tag

@query_budget(queries=0)
def view(request):
    Tag.objects.count()
    return HttpResponse()

urlpatterns = [path("held/", view)]
""")
    project.settings('ROOT_URLCONF = "views"\n')
    project.write("def test_it(client, db):\n    client.get('/held/')\n")
    result = project.run("--query-guard=fail")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  over budget  queries: 1 of 0 allowed"])


def test_a_run_without_a_request_fails(project):
    project.write("def test_nothing():\n    pass\n")
    result = project.run("--query-guard=fail")
    result.assert_outcomes(passed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["query guard failed: it traced 0 requests, *"])


def test_some_tests_of_a_project_that_always_fails_on_findings_need_no_request(project):
    project.write("def test_nothing():\n    pass\n")
    result = project.run("-o", "query_guard=fail", "-k", "nothing")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["traced 0 requests in 0 tests: *"])


ALLOWED = """
@pytest.mark.query_allow("shop.Order.customer", reason="five rows at most")
def test_one(client, filled):
    client.get("/row-by-row/")
"""


def test_what_a_marker_allows_is_suppressed_with_its_reason(project):
    project.write(ALLOWED + CLEAN)
    result = project.run("--query-guard=fail", "-o", "query_guard_accept_suppressed=true")
    result.assert_outcomes(passed=2)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "1 suppressed",
            '  allow("shop.Order.customer") at test_project.py:*: 1 finding, five rows at most',
        ]
    )


def test_a_run_in_which_every_finding_was_suppressed_fails(project):
    project.write(ALLOWED)
    result = project.run("--query-guard=fail")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["query guard failed: every finding was suppressed (1 suppressed*"])


def test_a_stale_allowance_is_named(project):
    project.write(
        ALLOWED
        + """
@pytest.mark.query_allow("shop.Order.tags", reason="gone since")
def test_two(client, filled):
    client.get("/joined/")
"""
    )
    result = project.run("--query-guard=report")
    result.stdout.fnmatch_lines(
        [
            "1 suppressed, 1 allowance stale",
            '  stale  allow("shop.Order.tags") at test_project.py:* matched nothing: gone since',
        ]
    )


def test_a_marker_without_a_reason_is_a_usage_error(project):
    project.write("@pytest.mark.query_allow('shop.Order.tags')\ndef test_it():\n    pass\n")
    result = project.run()
    assert result.ret == 4
    result.stderr.fnmatch_lines(
        ["*test_project.py::test_it: @pytest.mark.query_allow: reason=None: say why*"]
    )


def test_reruns_count_once(project):
    project.write(ONE_CAUSE)
    result = project.run("--query-guard=fail", "--reruns=1")
    result.stdout.fnmatch_lines(["*2 failed, 1 passed, 2 rerun*"])
    result.stdout.fnmatch_lines(["      test  test_project.py::test_one and 1 more test"])
