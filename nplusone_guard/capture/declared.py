"""The line of the project that declares a field of a serializer, a form or an admin."""

from __future__ import annotations

import ast
import inspect
import textwrap
from weakref import WeakKeyDictionary

from nplusone_guard.trace import CallSite

#: Attributes of an admin that name fields.
_LISTS = frozenset(
    [
        "list_display",
        "fields",
        "fieldsets",
        "readonly_fields",
        "raw_id_fields",
        "autocomplete_fields",
    ]
)

_declarations: WeakKeyDictionary[type, dict[str, CallSite | None]] = WeakKeyDictionary()


def is_framework(cls: type) -> bool:
    """Whether a class is Django's, DRF's or Python's own."""
    return cls.__module__.partition(".")[0] in {"django", "rest_framework", "builtins"}


def declaration(owner: object, name: str) -> CallSite | None:
    """Where ``owner`` or one of its bases declares the field ``name``.

    The assignment in the class body, else its name in a list of fields (``Meta.fields``, an
    admin's ``list_display``), else the class itself; ``None`` where there is no source.
    """
    if not isinstance(owner, type):
        return None
    known = _declarations.setdefault(owner, {})
    if name not in known:
        known[name] = _find(owner, name)
    return known[name]


def _find(owner: type, name: str) -> CallSite | None:
    fallback: CallSite | None = None
    for base in owner.__mro__:
        if is_framework(base):
            continue
        try:
            file = inspect.getsourcefile(base)
            lines, first = inspect.getsourcelines(base)
            tree = ast.parse(textwrap.dedent("".join(lines)))
        except (OSError, TypeError, SyntaxError):
            continue
        body = tree.body[0]
        if file is None or not isinstance(body, ast.ClassDef):
            continue
        indent = len(lines[0]) - len(lines[0].lstrip())
        node = _assignment(body, name) or _listed(body, name)
        if node is not None:
            return CallSite(
                file=file,
                line=first + node.lineno - 1,
                function=base.__qualname__,
                end_line=first + (node.end_lineno or node.lineno) - 1,
                column=node.col_offset + indent,
                end_column=(node.end_col_offset or 0) + indent,
            )
        fallback = fallback or CallSite(file=file, line=first, function=base.__qualname__)
    return fallback


def _assignment(body: ast.ClassDef, name: str) -> ast.stmt | None:
    for statement in body.body:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return statement
    return None


def _listed(body: ast.ClassDef, name: str) -> ast.expr | None:
    for statement in body.body:
        lists: list[ast.stmt] = []
        if isinstance(statement, ast.ClassDef) and statement.name == "Meta":
            lists = statement.body
        elif isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id in _LISTS for target in statement.targets
        ):
            lists = [statement]
        for node in (each for part in lists for each in ast.walk(part)):
            if isinstance(node, ast.Constant) and node.value == name:
                return node
    return None
