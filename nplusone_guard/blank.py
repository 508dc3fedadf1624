"""Values written into SQL, blanked by regular expressions: for statements that come in masses.

A loop that writes another value into each statement makes a new string each time.  The lexer takes
some tenths of a millisecond to fold one; this takes some microseconds, and what it gives folds to
the same shape.  What it is not sure of, the lexer decides.

Each expression begins with the characters that it looks for and looks behind itself afterwards:
so it is found at the speed of a search for a character.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from nplusone_guard.shape import fold_anew

if TYPE_CHECKING:
    from nplusone_guard.shape import Folded

#: Longer statements are lists; the lexer's side shortens them first.
_LONGEST: Final = 8_192
_SALT: Final = os.urandom(8)

#: Comments, and what quotes, escapes or subscripts on some databases.
_UNSURE: Final = ("--", "/*", "\\", "$", "#", "{", "[")
_STRING: Final = re.compile(r"'[^']*+(?:''[^']*+)*+'")
#: E'...' and the like: the prefix says what the string means.
_PREFIXED: Final = re.compile(r"''(?<=[\w&]'')")
_NAME: Final = re.compile(r"[\"`]\w++[\"`]")
#: Not part of a name, of a placeholder or of another number.
_NUMBER: Final = re.compile(r"[0-9](?<![\w\"`.$:@?%][0-9])[0-9]*+(?:\.[0-9]++)?(?![\w.])")
#: 1e+5, 12ab; and .5
_ODD_NUMBER: Final = re.compile(r"[0-9](?<![\w\"`.$:@?%][0-9])[\w.]")
_FRACTION: Final = re.compile(r"\.(?<!\w\.)[0-9]")

_VALUE: Final = r"(?:-?0|''|%s)"
_LIST: Final = re.compile(rf"(\((?<=\bIN \()){_VALUE}(?:, ?{_VALUE})++\)", re.IGNORECASE)
_ROWS: Final = re.compile(
    rf"(\((?:(?<=\bVALUES \()|(?<=\bIN \(\()){_VALUE}(?:, ?{_VALUE})*+\))(?:, ?\1)++",
    re.IGNORECASE,
)
_SAVEPOINT: Final = re.compile(
    r"(SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT) \S+", re.IGNORECASE
)


def blanked(sql: str) -> tuple[str, int]:
    """A statement that differs from others of its shape no more by values, and a hash of those.

    Equal values have one hash within this process, as far as they are written alike.  The hash
    is 0 where there was nothing to blank: that statement may come again.
    """
    if _SAVEPOINT.fullmatch(sql):
        return _SAVEPOINT.sub(r"\1 ?", sql), hash(_SALT)
    if len(sql) > _LONGEST or any(sign in sql for sign in _UNSURE):
        return _folded(sql)
    bare = _STRING.sub("''", sql) if "'" in sql else sql
    text = _NUMBER.sub("0", bare)
    if _is_odd(text):
        return _folded(sql)
    text = _ROWS.sub(r"\1", _LIST.sub(r"\g<1>0)", text))
    values = (*_STRING.findall(sql), None, *_NUMBER.findall(bare))
    if text == sql and len(values) == 1:
        return sql, 0
    return text, hash((_SALT, *values))


def _is_odd(text: str) -> bool:
    """Whether values may be left, or a quote means something else than it seems."""
    if "'" in text and ("'" in text.replace("''", "") or _PREFIXED.search(text)):
        return True
    names = _NAME.sub("", text)
    if '"' in names or "`" in names:
        return True
    return bool(_ODD_NUMBER.search(text) or _FRACTION.search(text))


def _folded(sql: str) -> tuple[str, int]:
    folded = _fold(sql)
    return folded.shape.text, folded.literals


@lru_cache(maxsize=64)
def _fold(sql: str) -> Folded:
    """Apart from the memo of shapes, which a mass of statements would only empty."""
    return fold_anew(sql)
