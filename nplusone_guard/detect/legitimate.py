"""Repetition that is nobody's mistake."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nplusone_guard.trace import QueryGroup

#: Looked up once and cached by Django; read by a delete() for what hangs on its rows; asked again
#: because something else may have written.
_NOBODYS = frozenset({"content type", "delete", "refresh"})

#: The column that a page of a key-set pagination starts behind, and is ordered by.
_KEY_SET = re.compile(r"(\S+) [<>]=? \?.* ORDER BY \1(?:[ ,]|$)", re.DOTALL)


def is_legitimate(group: QueryGroup) -> bool:
    """Whether a group is never a finding, however often it repeats."""
    return (
        group.operation != "select"
        or group.excuse is not None
        or (group.access is not None and group.access.operation in _NOBODYS)
    )


def reads_in_chunks(group: QueryGroup) -> bool:
    """Whether a loop reads one result in pages: each full but the last, and an empty one after.

    Needs a ``LIMIT`` of two rows or more and a sign that the pages move on: an ``OFFSET``, or a
    comparison with the column that the pages are ordered by.
    """
    if group.limit is None or group.limit < 2 or group.calls < 2:  # noqa: PLR2004
        return False
    text = group.shape.text
    return group.rows > group.limit * (group.calls - 2) and (
        " OFFSET " in text or _KEY_SET.search(text) is not None
    )


def lists_a_batch(group: QueryGroup) -> bool:
    """Whether each turn of a loop takes the next of the batches that one list was cut into.

    All but the last list as many keys or rows, and more than one.  What hangs on a relation is no
    such batch, whatever it lists: each turn has another instance.
    """
    relation = group.access.relation if group.access is not None else None
    return group.batch > 1 and relation is None
