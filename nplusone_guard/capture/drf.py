"""DRF's frames → serializer class, field name, source chain; and the line that declares a field.

Nothing of DRF is imported: its frames hold its objects already.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from nplusone_guard.trace import CallSite

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_serializer(
    names: Mapping[str, Any],
) -> tuple[type, str, tuple[str, ...], bool] | None:
    """Owner, name, source chain and to-many of the field in ``Serializer``'s loop over fields.

    ``names`` are the local variables of ``Serializer.to_representation`` or
    ``to_internal_value``; before the loop has begun they hold no field.
    """
    field = names.get("field")
    if field is None:
        return None
    many = hasattr(field, "child") or hasattr(field, "child_relation")
    sources = tuple(getattr(field, "source_attrs", ()))
    return type(names["self"]), field.field_name, sources, many


def model_label(serializer: object) -> str | None:
    """``app.Model`` of a model serializer's class."""
    model = getattr(getattr(serializer, "Meta", None), "model", None)
    meta = getattr(model, "_meta", None)
    return str(meta.label) if meta is not None else None


_declarations: WeakKeyDictionary[type, dict[str, CallSite | None]] = WeakKeyDictionary()


def declaration(owner: object, name: str) -> CallSite | None:
    """Where ``owner`` or one of its bases declares the field ``name``.

    The assignment in the class body, else its name in ``Meta.fields``, else the class itself;
    ``None`` where there is no source.
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
        if base.__module__.startswith(("rest_framework.", "django.")) or base is object:
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
        if isinstance(statement, ast.ClassDef) and statement.name == "Meta":
            for node in ast.walk(statement):
                if isinstance(node, ast.Constant) and node.value == name:
                    return node
    return None
