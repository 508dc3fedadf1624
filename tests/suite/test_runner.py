"""Django's runner: ``manage.py test`` with the options of the pytest plugin."""

from __future__ import annotations

import pytest

RUNNER = "--testrunner=nplusone_guard.runner.QueryGuardRunner"
CASES = """
class Tests(TestCase):
    def setUp(self):
        fill()

    def test_one(self):
        self.client.get("/row-by-row/")

    def test_joined(self):
        self.client.get("/joined/")

class More(TestCase):
    def test_two(self):
        fill()
        self.client.get("/row-by-row/")

    def test_own_failure(self):
        self.client.get("/nothing/")
"""
BUDGETS = '[budgets]\n"GET joined/" = { queries = 9 }\n'
FOUND = [
    "traced 4 requests in 4 tests: 3 endpoints, 1 finding",
    "       5        6         2  GET row-by-row/",
    "N+1 5x shop.Order.customer",
    "      test  test_project.More.test_two and 1 more test",
    '      fix   select_related("customer")',
]


@pytest.mark.parametrize("more", [(), ("--parallel=2",)])
def test_the_summary_is_the_plugins(project, more):
    project.write(CASES)
    result = project.manage(RUNNER, "--query-guard=report", *more)
    assert result.ret == 0, result.stderr.str()
    result.stderr.fnmatch_lines(FOUND)


@pytest.mark.parametrize("more", [(), ("--parallel=2",)])
def test_the_test_in_which_it_happens_fails(project, more):
    project.write(CASES)
    result = project.manage(RUNNER, "--query-guard=fail", *more)
    assert result.ret == 1
    result.stderr.fnmatch_lines(
        ["FAIL: test_one (test_project.Tests*", "*N+1 5x  shop.Order.cust*"]
    )
    result.stderr.fnmatch_lines(["FAILED (failures=2)"])


def test_unittest_and_pytest_find_the_same(project):
    project.write(CASES)
    by_pytest = project.run("--query-guard=report").stdout.lines
    by_django = project.manage(RUNNER, "--query-guard=report").stderr.lines
    for line in FOUND:
        if not line.startswith("      test"):
            assert line in by_pytest
            assert line in by_django


def test_without_an_option_it_is_djangos_runner(project):
    project.write(CASES)
    result = project.manage(RUNNER)
    assert result.ret == 0
    result.stderr.no_fnmatch_line("*query guard*")


def test_a_run_without_a_request_fails(project):
    project.write("class Tests(TestCase):\n    def test_it(self):\n        pass\n")
    result = project.manage(RUNNER, "--query-guard=fail")
    assert result.ret == 1
    result.stderr.fnmatch_lines(["query guard failed: it traced 0 requests, *"])


def test_budgets_and_baseline_are_those_of_the_plugin(project):
    project.write(CASES)
    result = project.manage(RUNNER, "--query-guard-baseline=update", "--query-budgets=update")
    assert result.ret == 0
    result = project.run("--query-guard=fail", "--query-budgets=check")
    result.assert_outcomes(passed=4)


def test_a_file_that_can_not_be_read_is_named(project):
    project.write(CASES)
    (project.path / "query_budgets.toml").write_text("[budgets\n")
    result = project.manage(RUNNER, "--query-budgets=check")
    assert result.ret == 1
    result.stderr.fnmatch_lines(["CommandError: *query_budgets.toml: *"])


def test_a_run_of_some_labels_lowers_nothing(project):
    project.write(CASES)
    (project.path / "query_budgets.toml").write_text(BUDGETS)
    result = project.manage(RUNNER, "--query-budgets=ratchet", "test_project.Tests.test_joined")
    result.stderr.fnmatch_lines(["budgets: 1 entry can be lower; * (a run of some labels):"])
    assert (project.path / "query_budgets.toml").read_text() == BUDGETS


SUPPRESSED = """
class Tests(TestCase):
    def test_it(self):
        fill()
        self.client.get("/row-by-row/")
"""


def test_a_class_may_accept_a_run_in_which_every_finding_was_suppressed(project):
    project.settings('NPLUSONE_GUARD = {"ALLOW": [{"relation": "*", "reason": "known"}]}\n')
    project.write(SUPPRESSED)
    result = project.manage(RUNNER, "--query-guard=fail")
    assert result.ret == 1
    result.stderr.fnmatch_lines(["*query_guard_accept_suppressed = True on the class of the *"])
    (project.path / "accepting.py").write_text(
        "from nplusone_guard.runner import QueryGuardRunner\n"
        "class Runner(QueryGuardRunner):\n"
        "    query_guard_accept_suppressed = True\n"
    )
    result = project.manage("--testrunner=accepting.Runner", "--query-guard=fail")
    assert result.ret == 0


def test_the_next_step_is_a_command_of_manage_py(project):
    project.write(SUPPRESSED)
    result = project.manage(RUNNER, "--query-guard=report")
    result.stderr.fnmatch_lines(["fail on these:      manage.py test --query-guard=fail"])
    assert project.manage(RUNNER, "--query-guard-top=0").ret == 2


@pytest.mark.parametrize("more", [(), ("--parallel=2",)])
def test_what_a_class_sends_when_it_is_torn_down_fails_no_other_test(project, more):
    project.write("""
class Torn(TestCase):
    @classmethod
    def setUpTestData(cls):
        fill()

    @classmethod
    def tearDownClass(cls):
        Client().get("/row-by-row/")
        super().tearDownClass()

    def test_it(self):
        pass

class With(TestCase):
    def test_nothing(self):
        pass
""")
    result = project.manage(RUNNER, "--query-guard=fail", *more)
    assert result.ret == 1
    result.stderr.fnmatch_lines(["ERROR: *", "*RequestFailed: GET /row-by-row/ *"])
    result.stderr.fnmatch_lines(["FAILED (errors=1)"])


def test_a_debugger_opens_where_a_request_fails(project):
    project.write(SUPPRESSED)
    result = project.manage(RUNNER, "--query-guard=fail", "--pdb")
    result.stdout.fnmatch_lines(["*RequestFailed*GET /row-by-row/*", "(Pdb) *"])
