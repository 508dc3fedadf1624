"""Made-up input for what reads input: nothing but the error that it is documented to raise.

``FUZZ=20000 pytest tests/security/test_fuzz.py -rP`` draws more.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import pytest
from django.core.checks import run_checks
from django.test import Client, override_settings
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nplusone_guard.conf import guard_settings
from nplusone_guard.dashboard import recording
from nplusone_guard.shape import fold
from nplusone_guard.suite.baseline import Baseline, BaselineError
from nplusone_guard.suite.budgets import BudgetsError, RecordedBudgets
from nplusone_guard.suite.stored import UnreadableRunError, read_run

DRAWN = int(os.environ.get("FUZZ", "150"))
drawn = settings(
    max_examples=DRAWN,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# --- SQL ---

PIECES = st.sampled_from(
    [
        *("SELECT", "FROM", "WHERE", "IN", "(", ")", ",", "=", "*", ";", "--", "/*", "*/", "\n"),
        *("'", '"', "`", "''", '""', "$$", "$a$", "E'", "N'", "\\", "\\'", "x'", "::", "@", "#"),
        *("?", "%s", ":1", "$1", "%(a)s", "1", "-1", "1e5", "0x1f", ".5", "NULL", "TRUE", "LIMIT"),
        *("INSERT INTO", "VALUES", "SAVEPOINT", "s1234_x5", "UNION", "WITH", "AS", "\0", "é", "ß"),
    ]
)
SQL = st.one_of(
    st.lists(PIECES, max_size=40).map(" ".join),
    st.lists(PIECES, max_size=40).map("".join),
    st.text(max_size=200),
    st.binary(max_size=200),
)


@drawn
@given(sql=SQL)
def test_any_statement_is_folded_and_its_shape_folds_to_itself(sql):
    folded = fold(sql)
    assert len(folded.shape.id) == 16
    again = fold(folded.shape.text)
    assert again.shape.text == folded.shape.text
    assert folded.verb in {"select", "insert", "update", "delete", "transaction", "other"}


VALUES = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789 -%_é", min_size=6, max_size=30)


@drawn
@given(
    value=VALUES,
    form=st.sampled_from(
        [
            "SELECT a FROM b WHERE c = '{}'",
            "SELECT a FROM b WHERE c IN ('x', '{}') LIMIT 5",
            "INSERT INTO b (c) VALUES ('{}'), ('y')",
            "UPDATE b SET c = '{}' -- {}",
            "SELECT '{}'::text /* {} */",
            "SELECT $${}$$",
            "SELECT E'{}', N'{}'",
        ]
    ),
)
def test_no_value_that_is_written_into_a_statement_is_in_its_shape(value, form):
    value = f"zq{value}qz"
    assert value not in fold(form.replace("{}", value)).shape.text


# --- Settings ---

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = [
    *("ENABLED", "ACTION", "THRESHOLD", "BUDGET", "BUDGETS", "ALLOW", "EXCLUDE_PATHS", "HEADERS"),
    *("SAMPLE_RATE", "SLOW_QUERY_MS", "EXPLAIN", "UNBOUNDED_ROWS", "REPORTERS", "EXPORTERS"),
    *("MAX_GROUPS", "MAX_OWN_MS", "LEVEL", "VERBOSITY", "DASHBOARD", "NO_SUCH_KEY"),
]


@drawn
@given(given_settings=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4) | JSON)
def test_any_setting_is_taken_or_named_by_a_check(given_settings):
    with override_settings(NPLUSONE_GUARD=given_settings):
        found = guard_settings()
        named = " ".join(error.msg for error in run_checks(tags=["query_guard"]))
        for problem in found.problems:
            assert problem.key is None or repr(problem.key)[:20] in named or problem.unknown


# --- Files ---

TOML = st.one_of(
    st.text(max_size=120),
    st.lists(
        st.sampled_from(
            [
                *(
                    "[budgets]",
                    '"GET api/"',
                    " = ",
                    "4",
                    "-1",
                    "1.5",
                    "{queries = 4}",
                    "\n",
                    "#",
                    '"',
                ),
                *("version = 1", "[", "]", "{", "}", "queries", "duplicates", "true", "é", "\t"),
            ]
        ),
        max_size=20,
    ).map("".join),
)


@pytest.mark.parametrize(
    ("read", "error"),
    [
        (RecordedBudgets.read, BudgetsError),
        (Baseline.read, BaselineError),
        (read_run, UnreadableRunError),
    ],
    ids=["budgets", "baseline", "run"],
)
@drawn
@given(
    data=st.one_of(TOML.map(str.encode), st.binary(max_size=100), JSON.map(repr).map(str.encode))
)
def test_a_file_is_read_or_refused_by_name_and_left_as_it_is(read, error, data):
    with TemporaryDirectory() as directory:
        path = Path(directory) / "file"
        path.write_bytes(data)
        said = "file"
        try:
            read(path)
        except error as refused:
            said = str(refused)
        assert "file" in said
        assert path.read_bytes() == data


# --- The dashboard ---

PAGES = ["", "rows/", "compare/", "endpoints/"]
NAMES = ["path", "status", "finding", "kind", "before", "after", "id", "swap", "method", "limit"]


@pytest.fixture
def site(tmp_path, shop):
    with override_settings(
        DEBUG=True,
        ROOT_URLCONF="tests.dashboard.urls",
        MIDDLEWARE=["nplusone_guard.middleware.GuardMiddleware"],
        NPLUSONE_GUARD={"REPORTERS": [], "DASHBOARD": {"PATH": str(tmp_path / "guard.sqlite3")}},
    ):
        Client().get("/row-by-row/")
        assert recording.writer().flush()
        yield Client()


@drawn
@given(
    page=st.sampled_from(PAGES),
    query=st.lists(
        st.tuples(
            st.sampled_from(NAMES),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
            | st.integers(-(2**70), 2**70).map(str),
        ),
        max_size=4,
    ),
)
def test_any_query_string_gets_a_page(site, page, query):
    response = site.get(f"/__guard__/{page}?{urlencode(query)}")
    assert response.status_code in {200, 204, 286, 400, 404}
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@drawn
@given(name=st.text("abcdef0123456789./\\%<>\"'é", max_size=30))
def test_any_name_of_a_request_is_found_or_not(site, name):
    assume(not name.startswith("/"))
    response = site.get(f"/__guard__/requests/{name}/")
    assert response.status_code in {200, 301, 404}
