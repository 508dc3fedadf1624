"""Values blanked in masses of statements: the same shape, none of the values."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nplusone_guard.blank import blanked
from nplusone_guard.shape import fold
from tests.test_shape import literals, parts, statement, statements

JUNK = "ab1'\"`$%?()[],;:-/*#\\ \n{}=.EXNvalues"
plain_text = st.text(st.characters(codec="ascii", exclude_characters="\\'$#{}[]/-`\"\x00"))
KINDS = {
    "whole numbers": st.integers(0, 10**12).map(str),
    "negative numbers": st.integers(-(10**12), -1).map(str),
    "decimals": st.decimals(0, 10**6, allow_nan=False, places=3).map(str),
    "text": plain_text.map("'{}'".format),
}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a FROM t WHERE b IN (1, 2, -3) AND c = 'it''s' LIMIT 5",
        "SELECT a FROM t WHERE b IN (%s, %s, %s)",
        "SELECT a FROM t WHERE b IN ('x', 'y')",
        "SELECT a FROM t WHERE (b, c) IN ((1, 'x'), (2, 'y'))",
        "INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y') RETURNING id",
        "INSERT INTO t (a) VALUES (1), (NULL), (LOWER('X'))",
        "SELECT a FROM t WHERE b = 1.5e-3 AND c = .5 AND d = 0x1F AND e = E'it\\'s'",
        "SELECT a FROM t WHERE b = X'AF' AND c = $$any 'thing'$$",
        "SELECT a -- 'why' 1\nFROM t WHERE b = 1",
        'SELECT a1, t2.b3 FROM t2 WHERE "c 4" = 5 AND `d` = 6',
        "SELECT a FROM t WHERE b = $1 AND c = :2 AND d = ?3 AND e = @4",
        "SELECT b[1] FROM t WHERE c = ARRAY[1, 2]",
        "SELECT a FROM t WHERE b = '",
        'SAVEPOINT "s1234_x1"',
        "RELEASE SAVEPOINT s1234_x1",
        "SELECT a FROM t WHERE b BETWEEN 1 AND 2 AND c > -1 - 2",
        f"INSERT INTO t (a) VALUES {', '.join(f'({n})' for n in range(5_000))}",
    ],
)
def test_the_shape_stays(sql):
    assert fold(blanked(sql)[0]).shape == fold(sql).shape


@given(statements())
@settings(max_examples=300)
def test_the_shape_stays_whatever_the_values(sql):
    assert fold(blanked(sql)[0]).shape == fold(sql).shape


@given(st.one_of(st.text(), st.text(st.sampled_from(JUNK), max_size=60)))
@settings(max_examples=300)
def test_it_never_raises(sql):
    assert isinstance(blanked(sql)[0], str)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(data=st.data())
def test_statements_that_differ_by_plain_values_become_one(kind, data):
    pieces = data.draw(parts())
    some, others = (data.draw(st.lists(kind, min_size=3, max_size=3)) for _ in range(2))
    assert blanked(statement(pieces, some))[0] == blanked(statement(pieces, others))[0]


@given(parts(), st.lists(literals, min_size=3, max_size=3))
def test_what_is_blank_stays_so(pieces, values):
    once, _ = blanked(statement(pieces, values))
    assert blanked(once)[0] == once


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=12, max_size=20),
    st.sampled_from(
        ["'{}'", "E'{}'", "N'{}'", "$${}$$", "'x''{}'", "'{}", "'a', '{}'", "\"x\" '{}'"]
    ),
)
def test_a_secret_is_in_no_text(secret, quoted):
    assert secret not in blanked(f"SELECT a FROM t WHERE b = {quoted.format(secret)}")[0]


@given(parts(), literals, literals)
def test_equal_values_have_one_hash_and_others_another(pieces, one, other):
    first, second, again = (
        blanked(statement(pieces, [value] * 3))[1] for value in (one, other, one)
    )
    assert first == again
    if one[0] in "'0123456789" and other[0] in "'0123456789" and pieces[2] and one != other:
        assert first != second


def test_a_value_that_is_blank_already_is_still_one():
    hashes = [blanked(f"SELECT a FROM t WHERE b = {value}")[1] for value in ("0", "''", "1")]
    assert 0 not in hashes
    assert len(set(hashes)) == 3


def test_where_nothing_is_blanked_the_hash_says_so():
    assert blanked("SELECT a FROM t WHERE b = %s") == ("SELECT a FROM t WHERE b = %s", 0)
