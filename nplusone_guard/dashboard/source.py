"""Source for reading: pieces with a kind each, which the template escapes and the style colours.

Python is read by Pygments where it is installed, SQL by sqlparse, which always is.
"""

from __future__ import annotations

import linecache
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlparse import tokens as T  # noqa: N812  the name its own code uses
from sqlparse.lexer import tokenize

from nplusone_guard.report.place import site_of, source_lines, source_span
from nplusone_guard.report.text import safe
from nplusone_guard.report.words import place_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Python, and what templates are called.
_PYTHON = frozenset({".py", ".pyi"})
_SOURCES = _PYTHON | {
    *(".html", ".htm", ".djhtml", ".jinja", ".jinja2", ".j2"),
    *(".txt", ".xml", ".svg", ".md"),
}
#: Lines shown round the one that is meant, and of an expression that spans many.
_AROUND = 2
_MOST_MARKED = 12
#: A longer file is shown without colours, a longer line cut.
_MOST_LINES = 4_000
_MOST_COLUMNS = 300


class Piece(NamedTuple):
    """Some text of one line; ``kind`` is a class of the style sheet."""

    text: str
    kind: str = ""


class Part(NamedTuple):
    """Consecutive pieces of a line that are meant, or are not."""

    marked: bool
    pieces: list[Piece]


def excerpt(location: dict[str, Any] | None, since: float) -> dict[str, Any] | None:
    """Where it is, and the lines around it as they are now, its expression marked.

    ``changed``: the file was written to after ``since``, seconds since the epoch.
    """
    if location is None:
        return None
    site = site_of(location)
    written = _written(site.file)
    lines = [] if written is None else source_lines(site.file)
    first = site.line
    span = source_span(site)
    last = min(span[1], first + _MOST_MARKED) if span is not None else first
    shown: list[dict[str, Any]] = []
    if 0 < first <= len(lines):
        coloured = _coloured(site.file, tuple(lines))
        low, high = max(first - _AROUND, 1), min(last + _AROUND, len(lines))
        while low < first and not lines[low - 1].strip():
            low += 1
        while high > last and not lines[high - 1].strip():
            high -= 1
        indent = _indent(lines[low - 1 : high])
        for number in range(low, high + 1):
            start, end = _marked(number, first, span, lines[number - 1])
            parts = _cut(coloured(number), indent, start, end)
            shown.append({"number": str(number), "here": first <= number <= last, "parts": parts})
    return {
        "name": place_name(location),
        "function": safe(location["function"]),
        "lines": shown,
        "changed": written is not None and written > since,
    }


def _written(file: str) -> float | None:
    """When a file of source was last written to; ``None`` for any other.

    The store says which file: it gets no line of one that a report would never name.
    """
    if Path(file).suffix.lower() not in _SOURCES:
        return None
    linecache.checkcache(file)  # it may have been read before an edit
    try:
        return Path(file).stat().st_mtime
    except (OSError, ValueError):
        return None


def _marked(
    number: int, first: int, span: tuple[int, int, int] | None, line: str
) -> tuple[int, int]:
    """The columns of a line that belong to the expression."""
    if span is None or not first <= number <= span[1]:
        return 0, 0
    start = span[0] if number == first else len(line) - len(line.lstrip())
    return start, span[2] if number == span[1] else len(line)


def _indent(lines: Iterable[str]) -> int:
    return min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)


def _cut(pieces: Iterable[Piece], indent: int, start: int, end: int) -> list[Part]:
    """The line without the common indentation, divided where the mark begins and ends."""
    parts: list[Part] = []
    at = 0
    for piece in pieces:
        bounds = sorted({0, len(piece.text), *(edge - at for edge in (indent, start, end))})
        bounds = [edge for edge in bounds if 0 <= edge <= len(piece.text)]
        for low, high in pairwise(bounds):
            if not indent <= at + low < indent + _MOST_COLUMNS:
                continue
            marked = start <= at + low < end
            if not parts or parts[-1].marked != marked:
                parts.append(Part(marked, []))
            _append(parts[-1].pieces, Piece(safe(piece.text[low:high]), piece.kind))
        at += len(piece.text)
    return parts


def _append(pieces: list[Piece], piece: Piece) -> None:
    if pieces and pieces[-1].kind == piece.kind:
        piece = Piece(pieces.pop().text + piece.text, piece.kind)
    pieces.append(piece)


class _Coloured:
    """The lines of a file as pieces."""

    def __init__(self, lines: list[list[Piece]]) -> None:
        self._lines = lines

    def __call__(self, number: int) -> list[Piece]:
        return self._lines[number - 1]


@lru_cache(maxsize=32)
def _coloured(file: str, lines: tuple[str, ...]) -> _Coloured:
    plain = [[Piece(line)] for line in lines]
    if len(lines) > _MOST_LINES:
        return _Coloured(plain)
    try:
        read = list(_lexed(file, "\n".join(lines)))
    except ImportError:
        return _Coloured(plain)
    # A lexer that counts lines otherwise than the interpreter is no help.
    same = ["".join(piece.text for piece in line) for line in read] == list(lines)
    return _Coloured(read if same else plain)


def _lexed(file: str, text: str) -> Iterator[list[Piece]]:
    from pygments.lexers.python import PythonLexer  # noqa: PLC0415  optional
    from pygments.lexers.templates import HtmlDjangoLexer  # noqa: PLC0415  optional
    from pygments.token import STANDARD_TYPES  # noqa: PLC0415  optional

    kind_of = PythonLexer if Path(file).suffix in _PYTHON else HtmlDjangoLexer
    lexer = kind_of(stripnl=False, ensurenl=False)
    line: list[Piece] = []
    for token, value in lexer.get_tokens(text):
        while token not in STANDARD_TYPES:
            token = token.parent  # noqa: PLW2901  Pygments' own way up
        kind = _KINDS.get(STANDARD_TYPES[token][:1], "")
        first, *rest = value.split("\n")
        line.append(Piece(first, kind))
        for part in rest:
            yield line
            line = [Piece(part, kind)]
    yield line


#: The first letter of Pygments' short names: keyword, string or number, comment, operator, name.
_KINDS = {"k": "k", "s": "s", "m": "m", "c": "c", "n": ""}


def tokens(sql: str) -> Iterator[tuple[Any, str]]:
    """A statement's tokens, as sqlparse's lexer reads them."""
    found: Iterator[tuple[Any, str]] = tokenize(sql)  # type: ignore[no-untyped-call]
    return found


def sql_pieces(text: str) -> list[Piece]:
    """A statement, already laid out and made harmless, as pieces."""
    pieces: list[Piece] = []
    for token, value in tokens(text):
        kind = ""
        if token in T.Keyword or token in T.DML:
            kind = "k"
        elif token in T.Name.Placeholder or token in T.Number:
            kind = "m"
        elif token in T.String.Symbol or token in T.Name:
            kind = "n"
        elif token in T.String:
            kind = "s"
        _append(pieces, Piece(value, kind))
    return pieces
