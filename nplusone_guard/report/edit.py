"""A fix as a change of the source, where nothing but typing it is left to do."""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

from nplusone_guard.report.place import site_of, source_lines, source_span

#: What takes a queryset and gives one; anything else changes what the code around it gets.
_LOADING = ("select_related", "prefetch_related")
#: How a fix begins that is a call to be put behind the expression in its place.
ADD_THERE = "Add it to the queryset built there: "


class Insertion(NamedTuple):
    """Text to put into a line, before the character of that column, counted from 0."""

    line: int
    column: int
    text: str


def insertion(fix: dict[str, Any] | None) -> Insertion | None:
    """A call put behind the queryset that is built in the place of the fix.

    Only where the place is an expression that can take it, the code is one call which loads along
    and names nothing that would have to be imported, and the file parses with it put in.
    """
    if fix is None or fix["where"] is None or not _only_loads(fix["code"]):
        return None
    if not fix["explain"].startswith(ADD_THERE):
        return None
    return inserted(fix["code"], fix["where"])


def inserted(code: str, where: dict[str, Any]) -> Insertion | None:
    """Any call put behind the expression in a place that can take it, if the file parses then."""
    site = site_of(where)
    span = source_span(site)
    if span is None:
        return None
    start, last, end = span
    lines = source_lines(site.file)
    before, behind = (
        [*lines[: last - 1], lines[last - 1][:end]],
        [lines[last - 1][end:], *lines[last:]],
    )
    expression = "\n".join(before[site.line - 1 :])[start:]
    text = f".{code}"
    changed = "\n".join(before) + text + "\n".join(behind)
    if not _takes_a_call(expression) or not _parses(changed):
        return None
    return Insertion(last, end, text)


def _only_loads(code: str) -> bool:
    try:
        node = ast.parse(code, mode="eval").body
    except (SyntaxError, ValueError):
        return False
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _LOADING
        and not node.keywords
        and all(isinstance(each, ast.Constant) for each in node.args)
    )


def _takes_a_call(expression: str) -> bool:
    try:
        node = ast.parse(expression, mode="eval").body
    except (SyntaxError, ValueError):
        return False
    return isinstance(node, ast.Call | ast.Attribute)


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True
