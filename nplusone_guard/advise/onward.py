"""Whether code follows one relation on and on, as far as the rows go: read from its source.

The recorder looks at the first executions of a group only.  A loop over nodes may begin with some
that are one step from their end, and there a chain looks like any relation of the loop's rows.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from nplusone_guard.advise.names import last_name
from nplusone_guard.advise.source import own_nodes, spot_at, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nplusone_guard.advise.source import Function, Spot
    from nplusone_guard.finding import Finding
    from nplusone_guard.trace import QueryGroup, Trace

_TO_ONE = frozenset({"lazy forward", "lazy one-to-one"})
_TO_MANY = frozenset({"lazy reverse", "lazy many-to-many"})


def followed_on(findings: list[Finding], trace: Trace) -> tuple[list[Finding], Trace]:
    """The same, with the groups marked as chained that the source shows to be."""
    marked = {
        id(finding.group): replace(finding.group, chained=True)
        for finding in findings
        if not finding.group.chained and _goes_on(finding.group)
    }
    if not marked:
        return findings, trace
    groups = tuple(marked.get(id(group), group) for group in trace.groups)
    return [
        replace(finding, group=marked.get(id(finding.group), finding.group)) for finding in findings
    ], replace(trace, groups=groups)


def _goes_on(group: QueryGroup) -> bool:
    access = group.access
    if access is None or access.lookup is None or access.model != access.instance_model:
        return False
    spot = spot_at(group.path[0]) if group.path and group.site == group.path[0] else None
    if spot is None:
        return False
    if access.operation in _TO_MANY:
        return any(_is_tree(spot, function) for function in spot.functions[:1])
    read = spot.node
    if access.operation not in _TO_ONE or not isinstance(read, ast.Attribute):
        return False
    return _is_loop(spot, read) or any(
        _is_recursion(function, read) for function in spot.functions[:1]
    )


def _is_loop(spot: Spot, read: ast.Attribute) -> bool:
    """``while node: node = node.parent``."""
    around = spot.functions[0] if spot.functions else tree_of(spot.file)
    if around is None or not isinstance(read.value, ast.Name):
        return False
    name = read.value.id
    for loop in own_nodes(around):
        if not isinstance(loop, ast.While) or not _encloses(loop, read):
            continue
        given = dict(_given(loop))
        value = given.get(name)
        if isinstance(value, ast.Name):  # parent = node.parent; node = parent
            value = given.get(value.id)
        if value is not None and _reads(value, read):
            return True
    return False


def _given(loop: ast.While) -> Iterator[tuple[str, ast.expr]]:
    """What a loop gives to names, without functions within it."""
    for node in own_nodes(loop):
        if isinstance(node, ast.Assign):
            targets: list[ast.expr] = node.targets
        elif isinstance(node, ast.NamedExpr):
            targets = [node.target]
        else:
            continue
        for target in targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=False))
            yield from ((to.id, value) for to, value in pairs if isinstance(to, ast.Name))


def _is_recursion(function: Function, read: ast.Attribute) -> bool:
    """``path(node.parent)`` within ``path``; ``self.parent.path`` within ``path``."""
    for node in own_nodes(function):
        if isinstance(node, ast.Attribute) and node.attr == function.name:
            if _is_same(node.value, read):
                return True
        elif isinstance(node, ast.Call) and _calls(node, function):
            if any(_is_same(each, read) for each in node.args):
                return True
        elif (
            isinstance(node, ast.FormattedValue)
            and function.name == "__str__"
            and _is_same(node.value, read)
        ):
            return True
    return False


def _calls(node: ast.Call, function: Function) -> bool:
    return last_name(node.func) == ("str" if function.name == "__str__" else function.name)


def _is_tree(spot: Spot, function: Function) -> bool:
    """``for child in node.children.all(): walk(child)`` within ``walk``."""
    read = spot.node
    for node in own_nodes(function):
        if isinstance(node, (ast.For, ast.AsyncFor)):
            loops: list[tuple[ast.expr, ast.expr]] = [(node.target, node.iter)]
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            loops = [(each.target, each.iter) for each in node.generators]
        else:
            continue
        for target, goes_through in loops:
            if isinstance(target, ast.Name) and (_encloses(goes_through, read) or read is node):
                name = target.id
                if any(_hands_on(each, name, function) for each in ast.walk(node)):
                    return True
    return False


def _hands_on(node: ast.AST, name: str, function: Function) -> bool:
    """Whether a node calls the function with a name, or as the name's own method."""
    if not isinstance(node, ast.Call) or last_name(node.func) != function.name:
        return False
    handed = [*node.args, *([node.func.value] if isinstance(node.func, ast.Attribute) else ())]
    return any(isinstance(each, ast.Name) and each.id == name for each in handed)


def _reads(value: ast.expr, read: ast.Attribute) -> bool:
    """Whether the relation itself is the value, or one of two that it may be."""
    if isinstance(value, ast.IfExp):
        return _reads(value.body, read) or _reads(value.orelse, read)
    if isinstance(value, ast.BoolOp):
        return any(_reads(each, read) for each in value.values)
    return _is_same(value, read)


def _is_same(node: ast.expr, read: ast.Attribute) -> bool:
    """Whether an expression reads what ``read`` does, there or elsewhere."""
    return isinstance(node, ast.Attribute) and ast.unparse(node) == ast.unparse(read)


def _encloses(outer: ast.While | ast.expr, inner: ast.AST) -> bool:
    return any(node is inner for node in ast.walk(outer))
