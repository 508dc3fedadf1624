"""SQL folded to a shape: two statements that differ only by values have one.

Uses sqlparse's lexer alone; its parser costs several times as much and is not needed.  A fold
costs some tenths of a millisecond, so it is memoised and runs when a trace ends, not per query.

What a double quote means depends on the database: it is read as an identifier and kept, as in the
SQL standard, also on MySQL without ``ANSI_QUOTES``, where Django never writes one.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from sqlparse import tokens as T  # noqa: N812  the name its own code uses
from sqlparse.lexer import tokenize

#: Statements above this many characters are folded anew each time: 2,048 of them would be much.
_MEMOISED: Final = 8_192
#: Statements above this are masked by regular expressions first; the lexer takes some µs a token.
_LARGE: Final = 32_768
_SALT: Final = os.urandom(8)

_NAME: Final = r'(?:"[^"]*"|`[^`]*`|\[[^\]]*\]|[^\W\d][\w$]*)'
_TABLE: Final = rf"{_NAME}(?:\.{_NAME})*"


@dataclass(frozen=True, slots=True)
class Shape:
    """A statement with its values folded.

    ``text``: values and placeholders as ``?``, lists of them as one, keywords in capitals, single
    spaces, no comments.  ``id``: 16 hex digits of BLAKE2b over ``text``, the same in each run, on
    each machine.
    """

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Folded:
    """A shape, and what was read off the statement on the way.

    ``literals`` is a hash of the values that were written into the statement, for comparison
    within this process; ``verb`` one of ``select``, ``insert``, ``update``, ``delete``,
    ``transaction``, ``other``; ``tables`` the tables it reads or writes, lower-case, without
    schema and quotes; ``limit`` the outermost ``LIMIT`` where it is written as a number.
    """

    shape: Shape
    literals: int
    verb: str
    tables: frozenset[str]
    limit: int | None


def fold(sql: object) -> Folded:
    """Fold a statement; text, bytes, psycopg's composed SQL or anything else.  Never raises."""
    text = as_text(sql)
    if len(text) <= _MEMOISED:
        return _memoised(text)
    return fold_anew(text)


def as_text(sql: object) -> str:
    """A statement as text, however the driver takes it."""
    if isinstance(sql, str):
        return sql
    if isinstance(sql, (bytes, bytearray, memoryview)):
        return bytes(sql).decode("utf-8", "replace")
    try:
        compose: Any = getattr(sql, "as_string", None)  # psycopg.sql.Composable
        return str(compose(None) if compose is not None else sql)
    except Exception:  # noqa: BLE001  whatever a stranger's object raises
        return f"<{type(sql).__name__}>"


_WRITES: Final = re.compile(
    r"\s*(?:/\*.*?\*/\s*|--[^\n]*\n\s*)*"
    r"(?:INSERT\s+(?:OR\s+\w+\s+|IGNORE\s+)?INTO|REPLACE\s+INTO|UPDATE(?:\s+ONLY)?"
    r"|DELETE\s+FROM(?:\s+ONLY)?|TRUNCATE(?:\s+TABLE)?|MERGE\s+INTO)"
    rf"\s+({_TABLE})",
    re.IGNORECASE | re.DOTALL,
)
_READS: Final = re.compile(
    r"\s*(?:/\*.*?\*/\s*|--[^\n]*\n\s*)*\(*\s*"
    r"(?:SELECT|VALUES|EXPLAIN|SHOW|PRAGMA|BEGIN|START|COMMIT|SAVEPOINT|RELEASE|SET"
    r"|WITH(?!.*\b(?:INSERT|UPDATE|DELETE|MERGE)\b))\b",
    re.IGNORECASE | re.DOTALL,
)


def written_table(sql: str) -> str | None:
    """The table a statement writes to; ``"*"`` where it may be any, ``None`` for a read.

    A rollback counts as a write to any table.  No lexer: for the hot path, once per group.
    """
    match = _WRITES.match(sql)
    if match is not None:
        return _bare(match[1])
    return None if _READS.match(sql) else "*"


_LISTED: Final = re.compile(
    r"\bIN \(%s(?:, %s)*+\)|\bVALUES (\(%s(?:, %s)*+\))(?:, \(%s(?:, %s)*+\))*+"
)


def listed(sql: str) -> int:
    """How many placeholders the one ``IN`` list of a statement has, or how many rows it inserts.

    0 where there is no list, more than one, or a list of something else.
    """
    lists = list(_LISTED.finditer(sql))
    if len(lists) != 1:
        return 0
    row = lists[0][1]
    return lists[0][0].count("%s") // (row.count("%s") if row else 1)


@lru_cache(maxsize=2_048)
def _memoised(text: str) -> Folded:
    return fold_anew(text)


def fold_anew(sql: str) -> Folded:
    """Fold a text without the memo: for statements that will not come again."""
    try:
        text, literals, limit = _settled(sql)
    except Exception:  # noqa: BLE001  whatever the lexer meets, a shape there must be
        text, literals, limit = _masked(sql), (sql,), None
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return Folded(
        shape=Shape(id=digest, text=text),
        literals=hash((_SALT, literals)),
        verb=_verb(text),
        tables=_tables(text),
        limit=limit,
    )


#: Without any of these a normalised text is read by the lexer as it was written.
_UNSETTLING = re.compile(r"['`\\$#{}@:\[\]\x00-\x1f\x7f-\U0010ffff]|--|/\*|\*/")


def _settled(sql: str) -> tuple[str, tuple[str, ...], int | None]:
    """Text, literals and limit; the text is such that folding it again changes nothing."""
    before = sql
    literals: tuple[str, ...] | None = None
    if len(sql) > _LARGE:
        literals = (sql,)
        before = _shortened(sql)
    text, found, limit = _normalised(before)
    if not _UNSETTLING.search(text):
        return text, found if literals is None else literals, limit
    for _ in range(3):
        again, _found, _limit = _normalised(text)
        if again == text:
            return text, found if literals is None else literals, limit
        text = again
    raise ValueError("the statement does not settle")


# --- Large statements -----------------------------------------------------------------------

_STRING = re.compile(r"'(?:[^'\\]|''|\\.)*+(?:'|\Z)", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w$\"`.])-?\d[\w.]*+")
_SAME_ROWS = re.compile(r"(\([^()]*+(?:\([^()]*+\)[^()]*+)*+\), ?)\1++")
_SAME_VALUES = re.compile(r"((?:%s|\?), ?)\1++")


def _shortened(sql: str) -> str:
    """Long lists of values cut to a few, at the speed of regular expressions."""
    text = _SAME_VALUES.sub(r"\1", _SAME_ROWS.sub(r"\1", sql))
    if len(text) > _LARGE:
        text = _NUMBER.sub("?", _STRING.sub("?", text))
        text = _SAME_VALUES.sub(r"\1", _SAME_ROWS.sub(r"\1", text))
    return text


def _masked(sql: str) -> str:
    """The last resort: no lexer, all that may be a value gone."""
    text = _STRING.sub("?", sql)
    text = re.sub(r"\$(\w*)\$.*?(?:\$\1\$|\Z)", "?", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"\d[\w.]*", "?", text)).strip()


# --- Any statement --------------------------------------------------------------------------

_VALUE_PREFIXES: Final = frozenset({"E", "N", "X", "B", "U&", "_UTF8", "_UTF8MB4", "_BINARY"})
_NO_SPACE_BEFORE: Final = frozenset({",", ")", ";", ".", "::", "[", "]"})
_NO_SPACE_AFTER: Final = frozenset({"(", ".", "::", "["})
_OPERAND_ENDS: Final = frozenset({")", "]", "?"})

_IN_VALUES = re.compile(r"\bIN \(\?(?:, \?)++\)")
_IN_ROWS = re.compile(r"\bIN \((\((?:[^()]|\([^()]*+\))*+\))(?:, \((?:[^()]|\([^()]*+\))*+\))++\)")
_ROWS = re.compile(r"\bVALUES (\((?:[^()]|\([^()]*+\))*+\))(?:, \((?:[^()]|\([^()]*+\))*+\))++")
_ARRAY = re.compile(r"\bARRAY\[\?(?:, \?)++\]")
_SAVEPOINT = re.compile(
    r"^(SAVEPOINT|RELEASE(?: SAVEPOINT)?|ROLLBACK(?: WORK| TRANSACTION)? TO(?: SAVEPOINT)?) .+$",
    re.DOTALL,
)


#: A number that the lexer would take apart, or what is quoted and to be left alone.
_EXPONENT = re.compile(
    r"""'(?:[^']|'')*+(?:'|\Z)|"[^"]*+(?:"|\Z)|`[^`]*+(?:`|\Z)"""
    r"""|(?<![\w$.])(?P<mantissa>\d++\.?\d*+|\.\d++)[eE](?P<exponent>[+-]?\d++)(?!\w)"""
)
_HAS_EXPONENT = re.compile(r"[\d.][eE][+-]?\d")


def _plain_exponent(match: re.Match[str]) -> str:
    mantissa = match["mantissa"]
    if mantissa is None:
        return match[0]
    if mantissa.startswith("."):
        mantissa = f"0{mantissa}"
    return f"{mantissa.removesuffix('.')}e{match['exponent'].removeprefix('+')}"


#: A placeholder behind an operator, which the lexer would take for one operator with its ``%``.
_GLUED = re.compile(
    r"""(?P<quoted>'(?:[^']|'')*+(?:'|\Z)|"[^"]*+(?:"|\Z)|`[^`]*+(?:`|\Z))"""
    r"""|(?<=[-+/@#^&|])(?=%(?:s(?!\w)|\())"""
)
_HAS_GLUED = re.compile(r"[-+/@#^&|]%[s(]")

#: What a keyword stands behind that is the name of a table: ``FROM user``.
_BEFORE_TABLES: Final = ("FROM", "JOIN", "INTO", "UPDATE")
#: Keywords that stand there and are none.
_NO_TABLES: Final = frozenset(
    [
        "SELECT",
        "NULL",
        "NOT",
        "TRUE",
        "FALSE",
        "ONLY",
        "LATERAL",
        "VALUES",
        "SET",
        "OF",
        "NOWAIT",
        "SKIP",
        "OR",
        "IGNORE",
        "CASE",
        "CAST",
        "EXTRACT",
        "INTERVAL",
        "WHERE",
        "TABLE",
        "FROM",
        "OUTFILE",
        "DEFAULT",
        "CURRENT_DATE",
        "CURRENT_TIME",
        "CURRENT_TIMESTAMP",
    ]
)


def _normalised(sql: str) -> tuple[str, tuple[str, ...], int | None]:
    if _HAS_EXPONENT.search(sql):
        sql = _EXPONENT.sub(_plain_exponent, sql)
    if _HAS_GLUED.search(sql):
        sql = _GLUED.sub(lambda match: match["quoted"] or " ", sql)
    parts: list[str] = []
    literals: list[str] = []
    limit: int | None = None
    last, last_kind = "", None
    depth, gap = 0, False
    tables = False  # within a list of tables
    for kind, value in tokenize(sql):  # type: ignore[no-untyped-call]
        if kind in T.Whitespace or kind in T.Comment or value.isspace():
            gap = True
            continue
        text = value
        if kind in T.Error and value in {"'", '"', "`"}:
            # Unterminated: all that follows may be a value.
            _append(parts, "?", last, last_kind, gap=True)
            literals.append(sql)
            break
        if kind in T.Literal and kind not in T.String.Symbol:
            if kind in T.Number and value.startswith("-") and _is_operand(last, last_kind):
                _append(parts, "-", last, last_kind, gap=True)
                last, last_kind, gap = "-", T.Operator, True
            elif not gap and parts and last.upper() in _VALUE_PREFIXES:
                parts.pop()  # E'...', X'...': the prefix belongs to the value
                last = parts[-1].strip() if parts else ""
                gap = True
            if depth == 0 and last in {"LIMIT", "FIRST", "NEXT"} and value.isdecimal():
                limit = int(value[:18])
            literals.append(value)
            text = "?"
        elif kind in T.Name.Placeholder:
            text = "?"
        elif kind in T.Keyword or kind in T.Name.Builtin or kind is T.Operator.Comparison:
            text = " ".join(value.upper().split())
            named = tables and (last == "," or last.endswith(_BEFORE_TABLES))
            if named and text not in _NO_TABLES and text.isidentifier():
                text = value
            else:
                tables = text.endswith(_BEFORE_TABLES) or (tables and text == "AS")
        elif kind in T.Punctuation:
            tables = tables and value in {",", "."}
            depth += {"(": 1, ")": -1}.get(value, 0)
        _append(parts, text, last, last_kind, gap=gap)
        last, last_kind, gap = text, kind, False
    text = "".join(parts).strip("; ")
    text = _IN_VALUES.sub("IN (?)", text)
    text = _IN_ROWS.sub(r"IN (\1)", text)
    text = _ROWS.sub(r"VALUES \1", text)
    text = _ARRAY.sub("ARRAY[?]", text)
    text = _SAVEPOINT.sub(r"\1 ?", text)
    return text, tuple(literals), limit


def _is_operand(last: str, kind: Any) -> bool:
    return last in _OPERAND_ENDS or (
        kind is not None and (kind in T.Name or kind in T.String.Symbol or kind in T.Literal)
    )


def _append(parts: list[str], text: str, last: str, last_kind: Any, *, gap: bool) -> None:
    """Add a token, with a space before it where the normal form has one."""
    if not parts or last in _NO_SPACE_AFTER or text in _NO_SPACE_BEFORE:
        space = False
    elif text == "(":
        # A call keeps its name and parenthesis together or apart, as it was written.
        space = gap or last_kind is None or last_kind not in T.Name
    else:
        space = True
    parts.append(f" {text}" if space else text)


# --- What a statement does ------------------------------------------------------------------

_VERBS: Final = {
    "SELECT": "select",
    "VALUES": "select",
    "INSERT": "insert",
    "REPLACE": "insert",
    "UPDATE": "update",
    "DELETE": "delete",
    **dict.fromkeys(
        ("BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "END"), "transaction"
    ),
}
_FIRST_WORD = re.compile(r"[( ]*([^\W\d]+)")
_DATA_CHANGE = re.compile(r"\b(INSERT|UPDATE|DELETE)\b")
_ALIAS: Final = rf"(?: AS {_NAME}| (?!(?:STRAIGHT_)?JOIN\b|FROM\b){_NAME})?"
_SOURCES = re.compile(
    r"\b(?:FROM|JOIN|STRAIGHT_JOIN|INTO|UPDATE)(?: ONLY)? "
    rf"({_TABLE}{_ALIAS}(?:, {_TABLE}{_ALIAS})*+)",
    re.IGNORECASE,
)
_FIRST_TABLE = re.compile(_TABLE)


def _verb(text: str) -> str:
    match = _FIRST_WORD.match(text)
    word = match[1].upper() if match else ""
    if word == "WITH":
        change = _DATA_CHANGE.search(text)
        return _VERBS[change[1]] if change else "select"
    if word == "SET" and text.upper().startswith(("SET TRANSACTION", "SET SESSION")):
        return "transaction"
    return _VERBS.get(word, "other")


def _tables(text: str) -> frozenset[str]:
    return frozenset(
        _bare(table[0])
        for match in _SOURCES.finditer(text)
        for part in match[1].split(", ")
        if (table := _FIRST_TABLE.match(part)) is not None
    )


def _bare(name: str) -> str:
    """A table's name without schema and quotes, lower-case."""
    parts = re.findall(_NAME, name)
    return (parts[-1] if parts else name).strip('"`[]').lower()
