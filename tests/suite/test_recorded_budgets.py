"""``--query-budgets``: a file with the queries of each endpoint, held and lowered."""

from __future__ import annotations

import pytest

from tests.suite.conftest import CLEAN, ONE_CAUSE

ENTRIES = """\
[budgets]
"GET joined/" = { queries = 1 }
"GET row-by-row/" = { queries = 6 }
"""


@pytest.fixture
def budgets(project):
    return project.path / "query_budgets.toml"


def test_update_writes_a_sorted_line_for_each_endpoint(project, budgets):
    project.write(ONE_CAUSE)
    result = project.run("--query-budgets=update")
    result.stdout.fnmatch_lines(["budgets: 2 entries of query_budgets.toml changed"])
    assert budgets.read_text().endswith("\n" + ENTRIES)


def test_an_update_that_changes_nothing_says_so_and_keeps_the_bytes(project, budgets):
    project.write(ONE_CAUSE)
    budgets.write_text("# mine\n" + ENTRIES)
    result = project.run("--query-budgets=update")
    result.stdout.fnmatch_lines(["budgets: query_budgets.toml is up to date"])
    assert budgets.read_text() == "# mine\n" + ENTRIES


def test_an_update_keeps_comments_other_limits_and_places(project, budgets):
    project.write(ONE_CAUSE)
    budgets.write_text(
        "# ours\n[budgets]\n# the list\n"
        '"GET a/" = {queries = 3}  # not requested\n'
        "# loads row by row\n"
        '"GET row-by-row/" = { queries = 9, rows = 10 }  # see #42\n'
    )
    project.run("--query-budgets=update")
    assert budgets.read_text() == (
        "# ours\n[budgets]\n# the list\n"
        '"GET a/" = {queries = 3}  # not requested\n'
        '"GET joined/" = { queries = 1 }\n'
        "# loads row by row\n"
        '"GET row-by-row/" = { queries = 6, rows = 10 }  # see #42\n'
    )


def test_check_fails_the_test_that_runs_more(project, budgets):
    project.write(ONE_CAUSE)
    budgets.write_text(ENTRIES.replace("6", "5"))
    result = project.run("--query-budgets=check")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["  over budget  queries: 6 of 5 allowed"])
    result.stdout.fnmatch_lines(["budgets: GET row-by-row/ ran 6 queries, 5 recorded"])


def test_check_holds_other_limits_of_the_file(project, budgets):
    project.write(CLEAN)
    budgets.write_text('[budgets]\n"GET joined/" = { rows = 4 }\n')
    result = project.run("--query-budgets=check")
    result.stdout.fnmatch_lines(["  over budget  rows: 5 of 4 allowed"])


def test_check_tells_what_can_be_lower_and_changes_nothing(project, budgets):
    project.write(ONE_CAUSE)
    budgets.write_text(before := ENTRIES.replace("6", "9"))
    result = project.run("--query-budgets=check")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["budgets: 1 entry can be lower; --query-budgets=ratchet lowers them:", "*: 9 to 6"]
    )
    assert budgets.read_text() == before


def test_check_names_endpoints_without_a_budget(project, budgets):
    project.write(ONE_CAUSE)
    budgets.write_text("")
    result = project.run("--query-budgets=check")
    result.stdout.fnmatch_lines(
        ["budgets: 2 endpoints have none (--query-budgets=update): GET joined/, GET row-by-row/"]
    )


def test_ratchet_lowers_and_never_raises(project, budgets):
    project.write(ONE_CAUSE)
    budgets.write_text(ENTRIES.replace("6", "9").replace("1", "0"))
    project.run("--query-budgets=ratchet").assert_outcomes(passed=2, failed=1)
    assert "queries = 9" in budgets.read_text()  # a test failed: nothing is lowered
    budgets.write_text(ENTRIES.replace("6", "9"))
    project.run("--query-budgets=ratchet").assert_outcomes(passed=3)
    assert budgets.read_text() == ENTRIES


def test_a_run_of_some_tests_leaves_other_routes_alone_and_lowers_nothing(project, budgets):
    project.write(ONE_CAUSE)
    budgets.write_text(before := ENTRIES.replace("6", "9"))
    result = project.run("--query-budgets=ratchet", "-k", "test_one")
    result.stdout.fnmatch_lines(["budgets: 1 entry can be lower; not lowered, *(a run with -k):"])
    assert budgets.read_text() == before
    project.run("--query-budgets=update", "test_project.py::test_joined")
    assert budgets.read_text() == before


@pytest.mark.parametrize("end", ["raise KeyboardInterrupt", "pytest.exit('', returncode=0)"])
def test_a_run_that_is_broken_off_lowers_nothing(project, budgets, end):
    project.write(CLEAN + f"\ndef test_last(db):\n    {end}\n")
    budgets.write_text(before := ENTRIES.replace("1", "9"))
    result = project.run("--query-budgets=ratchet")
    result.stdout.fnmatch_lines(["budgets: 1 entry can be lower; * (a run that was broken off):"])
    assert budgets.read_text() == before


def test_a_run_in_a_directory_below_the_root_lowers_nothing(project, budgets, monkeypatch):
    project.write(CLEAN)
    (project.path / "below").mkdir()
    (project.path / "test_project.py").rename(project.path / "below" / "test_project.py")
    budgets.write_text(before := ENTRIES.replace("1", "9"))
    monkeypatch.chdir(project.path / "below")
    result = project.run("--query-budgets=ratchet")
    result.stdout.fnmatch_lines(["*(a run in a directory below the root):"])
    assert budgets.read_text() == before


@pytest.mark.parametrize("option", [(), ("-n", "1")])
def test_a_run_whose_tests_a_plugin_chose_lowers_nothing(project, budgets, option):
    project.write(ONE_CAUSE)
    (project.path / "conftest.py").write_text(
        "def pytest_collection_modifyitems(config, items):\n"
        "    config.hook.pytest_deselected(items=items[:2])\n"
        "    del items[:2]\n"
    )
    budgets.write_text(before := ENTRIES.replace("1", "9"))
    result = project.run("--query-budgets=ratchet", *option)
    result.stdout.fnmatch_lines(["budgets: 1 entry can be lower; * (a run of some tests):"])
    assert budgets.read_text() == before


def test_a_route_with_parameters_is_one_entry(project, budgets):
    project.write("""
@pytest.mark.parametrize("number", [0, 1])
def test_it(client, filled, number):
    client.get(f"/api/orders/{Order.objects.all()[number].pk}/")
""")
    project.run("--query-budgets=update")
    (line,) = [each for each in budgets.read_text().splitlines() if each.startswith('"')]
    assert line.startswith('"GET api/orders/(?P<pk>[^/.]+)/')
    assert line.endswith(" = { queries = 2 }")


def test_windows_line_ends_stay(project, budgets):
    project.write(ONE_CAUSE)
    budgets.write_bytes(ENTRIES.replace("6", "4").replace("\n", "\r\n").encode())
    project.run("--query-budgets=update")
    assert budgets.read_bytes() == ENTRIES.replace("\n", "\r\n").encode()


@pytest.mark.parametrize("option", ["update", "check", "ratchet"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[budgets]\n<<<<<<< HEAD\n", "*query_budgets.toml: *(at line 2, column 1)*"),
        (
            '[budgets]\n\n"GET a/" = { querys = 3 }\n',
            "*query_budgets.toml:3: 'GET a/' takes the limits queries, *; 'querys' is none*",
        ),
        ('[budgets]\n"GET a/" = 3\n', "*query_budgets.toml:2: 'GET a/' takes limits, such as*"),
        (
            '[budgets]\n"GET a/" = { queries = -1 }\n',
            "*query_budgets.toml:2: Budget(queries=...) can't be negative*",
        ),
        ("[other]\n", "*query_budgets.toml:1: 'other' is not known here*"),
    ],
)
def test_a_file_that_can_not_be_read_is_a_usage_error_and_stays(
    project, budgets, option, text, said
):
    if option != "check" and "<<<" not in text:
        pytest.skip("one fault is enough for each option")
    project.write(CLEAN)
    budgets.write_text(text)
    result = project.run(f"--query-budgets={option}")
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"ERROR: {said}"])
    assert budgets.read_text() == text
