"""The options of the command, and what it says when one is wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

pytestmark = pytest.mark.django_db(databases=["default", "other"])

NAIVE = ("--users=anonymous", "--only=api/products/")


@pytest.fixture
def hints(tmp_path):
    def write(text):
        file = tmp_path / "hints.toml"
        file.write_text(text)
        return f"--hints={file}"

    return write


# --- What fails ---


def test_a_route_that_grows_fails_the_command(scan):
    scanned = scan(*NAIVE)
    assert str(scanned.ended) == "1 endpoints have something wrong."
    assert scanned.ended.returncode == 1


def test_with_fail_on_never_it_does_not(scan):
    assert scan(*NAIVE, "--fail-on=never").ended is None


def test_a_clean_route_does_not_fail(scan):
    assert scan("--users=anonymous", "--only=api/tuned/").ended is None


def test_a_route_that_is_not_reached_fails_where_that_is_asked_for(scan):
    arguments = ("--users=anonymous", "--only=query/", "--only=api/tuned/")
    assert scan(*arguments).ended is None
    scanned = scan(*arguments, "--fail-on=unreached")
    assert str(scanned.ended) == "1 routes were not reached."


def test_a_scan_that_measured_nothing_fails(scan):
    assert str(scan("--only=no/such/").ended) == "No route was measured."


def test_exclude_leaves_routes_out(scan):
    scanned = scan("--users=anonymous", "--only=api/t*", "--only=query/", "--exclude=*tuned/*")
    assert scanned.told["endpoints"] == []
    assert scanned.told["left_out"]["api/tuned/$"] == "in --exclude"


# --- Hints ---


def test_a_factory_of_the_project_makes_the_rows(scan, hints):
    file = hints('[factories]\n"shop.Product" = "tests.scan.factories.ProductFactory"')
    visit = scan(*NAIVE, file).visit("api/products/$")
    assert visit["queries"] == [3, 9]


def test_a_factory_that_fails_is_told_with_its_reason(scan, hints):
    file = hints('[factories]\n"shop.Folder" = "tests.scan.factories.folder"')
    told = scan("--users=anonymous", "--only=folders/", file).unreached("folders/")
    assert told["reason"].startswith(
        "no row of shop.Folder could be made (LookupError: the folder is missing); name a factory"
    )


def test_a_query_reaches_a_route_that_needs_one(scan, hints):
    scanned = scan(
        "--users=anonymous", "--only=query/", hints('[routes."query/"]\nquery = "order=1"')
    )
    assert scanned.visit("query/")["queries"] == [1, 1]


def test_arguments_reach_a_route_whose_own_are_not_found(scan, hints):
    file = hints('[routes."unknown/<slug:thing>/"]\nkwargs = { thing = "this" }')
    scanned = scan("--users=anonymous", "--only=unknown/*", file)
    assert scanned.visit("unknown/<slug:thing>/")["status"] == 200


def test_a_path_reaches_it_too(scan, hints):
    file = hints('[routes."unknown/<slug:thing>/"]\npath = "/unknown/that/"')
    scanned = scan("--users=anonymous", "--only=unknown/*", file)
    assert scanned.visit("unknown/<slug:thing>/")["status"] == 200


def test_a_route_to_skip_is_listed_with_the_reason_given(scan, hints):
    scanned = scan("--only=raises/", hints('[routes."raises/"]\nskip = "it is broken"'))
    assert scanned.unreached("raises/")["reason"] == "it is broken"


def test_a_user_of_the_project_asks(scan, hints):
    file = hints('[users]\nplain = "tests.scan.factories.a_buyer"')
    scanned = scan("--users=plain", "--only=api/staff-products/", file, "--fail-on=never")
    assert scanned.visit("api/staff-products/$")["status"] == 200


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[routes", "is no TOML"),
        ("[rows]", "rows is not known; known: factories, users, routes"),
        (
            '[factories]\n"shop.Nothing" = "x.y"',
            "factories.shop.Nothing names a model as app.Model",
        ),
        (
            '[factories]\n"shop.Tag" = "tests.nothing.here"',
            "factories.shop.Tag takes a dotted path",
        ),
        ('[routes."query/"]\nquerry = "a"', 'routes."query/".querry is not known'),
        ('[routes."query/"]\nskip = 1', 'routes."query/".skip takes a text'),
        (
            '[routes."quary/"]\nskip = "a"',
            "route that the URL conf has not: 'quary/'; near it: 'query/'",
        ),
    ],
)
def test_a_slip_in_the_hints_is_an_error_that_names_the_place(scan, hints, text, said):
    scanned = scan("--only=query/", hints(text))
    assert said in str(scanned.ended)
    assert scanned.ended.returncode == 2


# --- Wrong options ---


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--users=admins"], "--users takes some of anonymous, plain, staff, not 'admins'."),
        (
            ["--sizes=8,2"],
            "--sizes takes two or more rising numbers from 1, such as 2,8, not '8,2'.",
        ),
        (["--hints=no-such.toml"], "no-such.toml can't be read: No such file or directory."),
        (["--json=-", "--apply=-"], "both print to standard output; give one of them a file"),
    ],
)
def test_a_wrong_option_says_what_it_takes(arguments, said):
    with pytest.raises(CommandError, match=re.escape(said)) as raised:
        call_command("guard_scan", *arguments)
    assert raised.value.returncode == 2


# --- What is written ---


def test_json_on_standard_output_stands_alone(django_db_blocker, capsys):
    with django_db_blocker.unblock(), override_settings(ROOT_URLCONF="tests.scan.urls"):
        call_command("guard_scan", "--users=anonymous", "--only=api/tuned/", "--json=-")
    told = json.loads(capsys.readouterr().out)
    assert [each["route"] for each in told["endpoints"]] == ["api/tuned/$"]


def test_sarif_and_html_have_the_findings(scan, tmp_path):
    sarif, html = tmp_path / "scan.sarif", tmp_path / "scan.html"
    scan(*NAIVE, f"--sarif={sarif}", f"--html={html}")
    (run,) = json.loads(sarif.read_text())["runs"]
    assert [each["ruleId"] for each in run["results"]] == ["n_plus_one"]
    assert "shop.Product.category" in html.read_text()


# --- Taken up again ---


def test_a_scan_is_taken_up_where_it_was_left(scan, tmp_path):
    state = f"--resume={tmp_path / 'state.json'}"
    first = scan(*NAIVE, state)
    both = scan("--users=anonymous", "--only=api/products/", "--only=api/tuned/", state)
    assert both.visit("api/products/$") == first.visit("api/products/$")
    assert both.visit("api/tuned/$")["queries"] == [1, 1]


def test_what_is_done_is_not_done_again(scan, tmp_path):
    file = tmp_path / "state.json"
    scan(*NAIVE, f"--resume={file}")
    state = json.loads(file.read_text())
    state["visits"][0]["queries"] = [70, 80]
    file.write_text(json.dumps(state))
    assert scan(*NAIVE, f"--resume={file}").visit("api/products/$")["queries"] == [70, 80]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 0}, "another version"),
        ({"sizes": [3, 9]}, "other users or sizes"),
        (
            {"files": {"tests/scan/urls.py": "of another text"}},
            "tests/scan/urls.py was changed since",
        ),
    ],
)
def test_a_state_that_does_not_fit_is_refused(scan, tmp_path, change, said):
    file = tmp_path / "state.json"
    scan("--users=anonymous", "--only=api/tuned/", f"--resume={file}")
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    ended = scan("--users=anonymous", "--only=api/tuned/", f"--resume={file}").ended
    assert said in str(ended)
    assert "take it away to begin anew" in str(ended)


# --- Without the extras ---


def without(*modules):
    """The command in an interpreter that has not these modules."""
    code = (
        "import sys\n"
        f"for name in {modules!r}: sys.modules[name] = None\n"
        "import django\n"
        "from django.conf import settings\n"
        "settings.configure(INSTALLED_APPS=['django.contrib.contenttypes', 'django.contrib.auth',"
        " 'nplusone_guard'], ROOT_URLCONF='tests.scan.plain_urls', USE_TZ=True, SECRET_KEY='x',"
        " DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}})\n"
        "django.setup()\n"
        "from django.core.management import execute_from_command_line\n"
        "execute_from_command_line(['x', 'guard_scan', '--users=anonymous', *sys.argv[1:]])\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )


def test_without_drf_and_libcst_it_scans():
    done = without("rest_framework", "libcst")
    assert "1 endpoint measured, 0 with something wrong, 0 not reached" in done.stdout, done.stderr
    assert done.returncode == 0


def test_without_model_bakery_it_says_what_to_install():
    done = without("model_bakery")
    assert "install nplusone-guard[scan], or name factories" in done.stderr
    assert done.returncode == 2
