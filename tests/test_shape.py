"""SQL folded to a shape: what is equal, what stays different, and what never happens."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nplusone_guard.shape import fold, listed, written_table


def text(sql):
    return fold(sql).shape.text


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = 25"),
        ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = -1"),
        ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = 1.5e-3"),
        ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = 1.5E+31"),
        ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = .5e+3"),
        ("SELECT a FROM t WHERE b = 'x'", "SELECT a FROM t WHERE b = 'it''s'"),
        ("SELECT a FROM t WHERE b = 'x'", "SELECT a FROM t WHERE b = E'\\'; DROP'"),
        ("SELECT a FROM t WHERE b = 'x'", "SELECT a FROM t WHERE b = $$any 'thing'$$"),
        ("SELECT a FROM t WHERE b = X'AF'", "SELECT a FROM t WHERE b = X'00'"),
        ("SELECT a FROM t WHERE b = %s", "SELECT a FROM t WHERE b = ?"),
        ("SELECT a FROM t WHERE b = %s", "SELECT a FROM t WHERE b = $1"),
        ("SELECT a FROM t WHERE b = %s", "SELECT a FROM t WHERE b = %(name)s"),
        ("SELECT a FROM t WHERE b IN (1)", "SELECT a FROM t WHERE b IN (1, 2, 3)"),
        ("SELECT a FROM t WHERE b IN (%s)", "SELECT a FROM t WHERE b IN (%s,%s , %s)"),
        (
            "SELECT a FROM t WHERE (b, c) IN ((1, 2))",
            "SELECT a FROM t WHERE (b, c) IN ((1,2),(3,4))",
        ),
        (
            "INSERT INTO t (a, b) VALUES (1, 2)",
            "INSERT INTO t (a, b) VALUES (1, 2), (3, 4), (5, 6)",
        ),
        (
            "INSERT INTO t (a) VALUES (LOWER(%s))",
            "INSERT INTO t (a) VALUES (LOWER(%s)), (LOWER(%s))",
        ),
        ("SELECT a FROM t", "SELECT a FROM t /* traceparent='00-4b-01' */"),
        ("SELECT a FROM t", "/*controller='x'*/ SELECT a FROM t"),
        ("SELECT a FROM t", "SELECT a -- why\nFROM t"),
        ("SELECT a FROM t", "select   a\n\tfrom  t ;"),
        ("SAVEPOINT s1_x1", "SAVEPOINT s1234_x99"),
        ("RELEASE SAVEPOINT `s1_x1`", "RELEASE SAVEPOINT `s2_x2`"),
        ('ROLLBACK TO SAVEPOINT "s1_x1"', 'ROLLBACK TO SAVEPOINT "s2_x2"'),
    ],
)
def test_statements_that_differ_only_by_values_or_layout_are_one_shape(first, second):
    assert fold(first).shape == fold(second).shape


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("SELECT a FROM t WHERE b = 1", "SELECT a FROM u WHERE b = 1"),
        ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE c = 1"),
        ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b > 1"),
        ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = c"),
        ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b IS NULL"),
        ("SELECT a FROM t WHERE b IS NULL", "SELECT a FROM t WHERE b IS NOT NULL"),
        ("SELECT a FROM t ORDER BY b", "SELECT a FROM t ORDER BY b DESC"),
        ("SELECT a FROM t WHERE b LIKE 'x'", "SELECT a FROM t WHERE b NOT LIKE 'x'"),
        ("SELECT a FROM t1", "SELECT a FROM t2"),
        ('SELECT "a" FROM "t"', 'SELECT "A" FROM "t"'),
        ("SELECT f(a) FROM t", "SELECT f (a) FROM t"),
        ("SELECT a FROM t WHERE b AND c", "SELECT a FROM t WHERE b OR c"),
        ("SELECT a FROM t WHERE b - 1 = c", "SELECT a FROM t WHERE b + 1 = c"),
        ("SELECT a FROM x.t", "SELECT a FROM y.t"),
    ],
)
def test_statements_that_differ_by_table_column_or_operator_are_two(first, second):
    assert fold(first).shape != fold(second).shape


def test_the_text_of_a_shape_is_readable_sql():
    sql = """select "t"."a", count(*) from "t" where "t"."b" in (%s, %s)
             and "t"."c"='secret' limit 21 /* app='x' */"""
    assert text(sql) == (
        'SELECT "t"."a", count(*) FROM "t" WHERE "t"."b" IN (?) AND "t"."c" = ? LIMIT ?'
    )


def test_the_id_is_the_same_in_every_process_whatever_its_hash_seed():
    sql = 'SELECT "a" FROM "t" WHERE "b" IN (1, 2)'
    script = f"from nplusone_guard.shape import fold; print(fold({sql!r}).shape.id)"
    ids = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("0", "1", "4711")
    }
    assert ids == {fold(sql).shape.id} == {"3d62277db1f95e19"}


class Composed:
    """What psycopg's composed SQL looks like from outside."""

    def as_string(self, context):
        return "SELECT a FROM t WHERE b = 1"


class Hostile:
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    "sql", [b"SELECT a FROM t WHERE b = 5", Composed(), memoryview(b"SELECT a FROM t WHERE b = 2")]
)
def test_statements_come_as_bytes_and_as_composed_objects_too(sql):
    assert text(sql) == "SELECT a FROM t WHERE b = ?"


@pytest.mark.parametrize(
    "sql", [None, 5, Hostile(), b"\xff\xfe", "", ";", "'", "((((", "\x00", "\ud800"]
)
def test_it_never_raises_whatever_it_is_given(sql):
    assert len(fold(sql).shape.id) == 16


@pytest.mark.parametrize(
    ("sql", "verb"),
    [
        ("SELECT 1", "select"),
        ("(SELECT 1) UNION (SELECT 2)", "select"),
        ("WITH x AS (SELECT 1) SELECT * FROM x", "select"),
        ("WITH x AS (SELECT 1) DELETE FROM t", "delete"),
        ("insert into t values (1)", "insert"),
        ("REPLACE INTO t VALUES (1)", "insert"),
        ("UPDATE t SET a = 1", "update"),
        ("DELETE FROM t", "delete"),
        ("BEGIN", "transaction"),
        ("SAVEPOINT x", "transaction"),
        ("START TRANSACTION", "transaction"),
        ("VACUUM", "other"),
    ],
)
def test_the_verb_says_what_a_statement_does(sql, verb):
    assert fold(sql).verb == verb


def test_the_tables_are_those_read_or_written_without_schema_and_quotes():
    sql = (
        'SELECT * FROM "shop"."Order" AS o JOIN `item` i ON 1 = 1, t3 WHERE a IN (SELECT 1 FROM u)'
    )
    assert fold(sql).tables >= {"order", "item", "u"}


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT * FROM "t" JOIN "u" ON 1 = 1',
        "SELECT * FROM t x JOIN u y ON x.a = y.a",
        "SELECT * FROM t AS x JOIN u ON x.a = u.a",
        "SELECT * FROM t STRAIGHT_JOIN u",
        "SELECT * FROM t LEFT JOIN u ON 1 = 1",
        "SELECT a INTO t FROM u",
    ],
)
def test_a_join_is_no_name_of_the_table_before_it(sql):
    assert fold(sql).tables == {"t", "u"}


@pytest.mark.parametrize(
    ("sql", "shape"),
    [
        ("SELECT a FROM user WHERE b = 1", "SELECT a FROM user WHERE b = ?"),
        ("select a from user u join Session s on 1 = 1", "SELECT a FROM user u JOIN Session s ON"),
        ("SELECT a FROM t AS x, session", "SELECT a FROM t AS x, session"),
        ("UPDATE user SET a = 1", "UPDATE user SET a = ?"),
        ("INSERT INTO session (a) VALUES (1)", "INSERT INTO session (a) VALUES (?)"),
        ("select a from t for update nowait", "SELECT a FROM t FOR UPDATE NOWAIT"),
        ("select a from t where b is distinct from null", "IS DISTINCT FROM NULL"),
        ("select a from (select b from user)", "SELECT a FROM (SELECT b FROM user)"),
    ],
)
def test_a_table_with_the_name_of_a_keyword_keeps_its_case(sql, shape):
    assert shape in text(sql)


@pytest.mark.parametrize(
    ("sql", "shape"),
    [
        ('SELECT "a" ||%s FROM t', 'SELECT "a" || ? FROM t'),
        ("SELECT a+%s, b-%(key)s FROM t", "SELECT a + ?, b - ? FROM t"),
        ('SELECT "a||%s" FROM t', 'SELECT "a||%s" FROM t'),
    ],
)
def test_a_placeholder_behind_an_operator_is_a_value(sql, shape):
    assert text(sql) == shape


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ('INSERT INTO "t" ("a") VALUES (%s)', "t"),
        ("UPDATE ONLY public.t SET a = 1", "t"),
        ("/* x */ DELETE FROM `t`", "t"),
        ("SELECT a FROM t", None),
        ("WITH x AS (SELECT 1) SELECT * FROM x", None),
        ("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", "*"),
        ("CALL anything()", "*"),
        ("ROLLBACK TO SAVEPOINT x", "*"),
    ],
)
def test_what_a_statement_writes_to_is_known_or_taken_to_be_anything(sql, table):
    assert written_table(sql) == table


# --- Properties ---

names = st.from_regex(r"[a-z]{1,8}x", fullmatch=True)  # an x at the end: no keyword
columns = names
operators = st.sampled_from(["=", "<>", "<", ">", "<=", ">=", "LIKE", "NOT LIKE"])
literals = st.one_of(
    st.integers(-(10**12), 10**12).map(str),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\\x00")).map(
        lambda value: "'" + value.replace("'", "''") + "'"
    ),
    st.sampled_from(["%s", "?", "$1", ":name", "%(key)s"]),
)


@st.composite
def parts(draw):
    """Table, columns and conditions; two of them that differ must give two shapes."""
    table = draw(names)
    selected = tuple(draw(st.lists(columns, min_size=1, max_size=3)))
    conditions = tuple(draw(st.lists(st.tuples(columns, operators), max_size=3)))
    return table, selected, conditions


def statement(pieces, values):
    table, selected, conditions = pieces
    sql = f'SELECT {", ".join(selected)} FROM "{table}"'
    tests = [f"{column} {op} {value}" for (column, op), value in zip(conditions, values)]
    return f"{sql} WHERE {' AND '.join(tests)}" if tests else sql


@st.composite
def statements(draw):
    return statement(draw(parts()), [draw(literals) for _ in range(3)])


@given(
    parts(), st.lists(literals, min_size=3, max_size=3), st.lists(literals, min_size=3, max_size=3)
)
def test_values_never_make_a_difference(pieces, some, others):
    assert fold(statement(pieces, some)).shape == fold(statement(pieces, others)).shape


@given(parts(), parts(), st.lists(literals, min_size=3, max_size=3))
def test_tables_columns_and_operators_always_do(one, other, values):
    same = fold(statement(one, values)).shape == fold(statement(other, values)).shape
    assert same == (one == other)


@given(st.one_of(statements(), st.text(), st.binary()))
@settings(max_examples=300)
def test_folding_is_idempotent_and_never_raises(sql):
    once = text(sql)
    assert text(once) == once


@given(st.text(st.sampled_from("ab1'\"`$%?()[],;:-/*#\\ \n{}=.EXNvalues"), max_size=60))
@settings(max_examples=500)
def test_folding_of_what_looks_like_sql_but_is_none_settles(sql):
    once = text(sql)
    assert text(once) == once


@given(statements(), st.integers(1, 40))
def test_layout_comments_and_case_never_make_a_difference(sql, spaces):
    noisy = f"/* c='{spaces}' */ " + sql.replace("SELECT", "select").replace(
        " FROM ", f"{' ' * spaces}\nfrom "
    )
    assert fold(noisy).shape == fold(sql).shape


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=12, max_size=20),
    st.sampled_from(["'{}'", "E'{}'", "N'{}'", "$${}$$", "'x''{}'", "'{}"]),
)
def test_a_secret_written_into_a_statement_is_in_no_shape(secret, quoted):
    assert secret not in text(f"SELECT a FROM t WHERE b = {quoted.format(secret)}")


@pytest.mark.parametrize("row", ["(%s)", "('x')", "(1, 'it''s')", "((%s, 1))"])
def test_a_megabyte_of_rows_has_the_shape_of_one_row(row):
    # How long it takes is for benchmarks/shape.py to say.
    many = ", ".join([row] * (1_000_000 // (len(row) + 2)))
    assert fold(f"INSERT INTO t (a) VALUES {many}").shape == (
        fold(f"INSERT INTO t (a) VALUES {row}").shape
    )


@pytest.mark.parametrize(
    ("sql", "length"),
    [
        ("SELECT a FROM t WHERE id IN (%s, %s, %s)", 3),
        ("SELECT a FROM t WHERE id IN (%s)", 1),
        ("DELETE FROM t WHERE id IN (%s, %s) AND b = %s", 2),
        ("INSERT INTO t (a, b) VALUES (%s, %s), (%s, %s), (%s, %s)", 3),
        ("SELECT a FROM t WHERE id IN (%s, %s) AND b IN (%s, %s)", 0),
        ("SELECT a FROM t WHERE id IN (SELECT b FROM u WHERE c = %s)", 0),
        ("SELECT a FROM t WHERE id IN (1, 2)", 0),
        ("SELECT a FROM t WHERE id = %s", 0),
    ],
)
def test_the_length_of_the_one_list_of_placeholders(sql, length):
    assert listed(sql) == length
