"""What is taken out of a literal: ``context["orders"]``, ``pair[0]``, the body of a lambda."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from nplusone_guard.advise.names import values_of
from nplusone_guard.advise.source import own_nodes, tree_of

if TYPE_CHECKING:
    from nplusone_guard.advise.source import Spot


def held(spot: Spot) -> Spot | None:
    """The expression that a literal holds at a key or an index, or that a lambda gives.

    ``None`` where the literal is not found, or may have been changed since.
    """
    node = spot.node
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        literal = _value(spot, node.value)
        return literal.at(found) if literal and (found := _at(literal.node, node.slice)) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        literal = _value(spot, node.func)
        if literal is not None and isinstance(literal.node, ast.Lambda):
            given = literal.node.args
            taken = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
            return literal.at(literal.node.body) if not any(taken) else None
    return None


def _at(literal: ast.AST, key: ast.Constant) -> ast.expr | None:
    if isinstance(literal, ast.Dict):
        if any(each is None for each in literal.keys):
            return None  # {**others}
        found = [
            value
            for each, value in zip(literal.keys, literal.values, strict=True)
            if isinstance(each, ast.Constant) and each.value == key.value
        ]
        return found[0] if len(found) == 1 else None
    if isinstance(literal, (ast.Tuple, ast.List)) and isinstance(key.value, int):
        whole = not any(isinstance(each, ast.Starred) for each in literal.elts)
        return literal.elts[key.value] if whole and 0 <= key.value < len(literal.elts) else None
    return None


def _value(spot: Spot, node: ast.expr) -> Spot | None:
    """The only thing that a name is given, and that nothing is done to but reading from it."""
    if not isinstance(node, ast.Name):
        return spot.at(node)
    for function in spot.functions:
        values = values_of(function, node.id)
        if values:
            alone = len(values) == 1 and not _is_changed(function, node.id)
            return spot.within(function).at(values[0]) if alone else None
        arguments = function.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        if any(each.arg == node.id for each in every):
            return None
    tree = tree_of(spot.file)
    values = values_of(tree, node.id) if tree is not None else []
    if tree is None or len(values) != 1 or _is_changed(tree, node.id):
        return None
    return replace(spot, node=values[0], around=())


def _is_changed(around: ast.AST, name: str) -> bool:
    """Whether something may be put into what a name stands for: by an item, or by a method."""
    return any(
        isinstance(each, (ast.Subscript, ast.Attribute))
        and isinstance(each.value, ast.Name)
        and each.value.id == name
        and (isinstance(each, ast.Attribute) or not isinstance(each.ctx, ast.Load))
        for each in own_nodes(around)
    )
