"""What a loop asks of a relation, read from the source: ``order.items.filter(paid=True).first()``.

The calls behind the relation can be moved to a ``Prefetch`` of it, if what they are given does
not depend on the loop.
"""

from __future__ import annotations

import ast
import builtins
import linecache
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nplusone_guard.advise.names import last_name
from nplusone_guard.advise.source import Spot, module_of, own_nodes, spot_at

if TYPE_CHECKING:
    from nplusone_guard.trace import CallSite, QueryGroup


#: Methods that a prefetch of the whole relation answers, whatever object they are given.
CONTAINS = frozenset({"contains", "acontains"})


@dataclass(frozen=True, slots=True)
class Link:
    """One call of a chain: its method, its source text (``.filter(paid=True)``), its arguments."""

    method: str
    text: str
    keywords: tuple[tuple[str | None, str], ...]
    positional: tuple[str, ...]

    def renamed(self, method: str) -> Link:
        """The same arguments given to another method."""
        text = f".{method}{self.text.removeprefix(f'.{self.method}')}"
        return replace(self, method=method, text=text)


@dataclass(frozen=True, slots=True)
class Chain:
    """The calls behind a relation, and the text of the whole expression."""

    text: str
    links: tuple[Link, ...]

    def only(self, *methods: str) -> bool:
        """Whether the chain has no other calls than these."""
        return all(link.method in methods for link in self.links)


def is_whole(group: QueryGroup) -> bool:
    """Whether a group reads a whole relation, that at most the default manager has shaped."""
    access = group.access
    if access is None or access.step is None:
        return False
    if not access.narrowed:
        return True
    if access.method in CONTAINS:
        return _is_membership(group)
    chain = chain_at(group.path[0], access.lookup or "") if group.path else None
    return chain is not None and chain.only("all", *({access.operation} & {"count", "exists"}))


def _is_membership(group: QueryGroup) -> bool:
    """``order.items.contains(item)``, whatever it is given: nothing of it has to be moved."""
    spot = spot_at(group.path[0]) if group.path else None
    access = group.access
    for node in ast.walk(spot.node) if spot is not None else ():
        if isinstance(node, ast.Call) and last_name(node.func) in CONTAINS:
            read = node.func.value  # type: ignore[attr-defined]
            if isinstance(read, ast.Call) and last_name(read.func) == "all":
                read = read.func.value  # type: ignore[attr-defined]
            return access is not None and last_name(read) == access.lookup
    return False


def chain_at(site: CallSite | None, accessor: str) -> Chain | None:
    """The chain behind ``accessor`` in the expression at a place, or in what its name stands for.

    ``None`` where it is not there (it may be in a function further in), or where an argument
    depends on something that only the loop knows.
    """
    spot = spot_at(site) if site is not None else None
    if spot is None:
        return None
    expression = spot.node
    if isinstance(expression, ast.Name):
        values = _values(spot, expression.id)
        if len(values) != 1:
            return None
        expression = values[0]
    for node in ast.walk(expression):
        if not isinstance(node, ast.Call):
            continue
        links = _links(spot, node, accessor)
        if links is not None:
            return Chain(source_of(spot, node), tuple(links))
    return None


def _values(spot: Spot, name: str) -> list[ast.expr]:
    """All that the function around a place gives to a name."""
    found: list[ast.expr] = []
    for around in reversed(spot.around):
        if isinstance(around, ast.ClassDef):
            break
        for node in own_nodes(around):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
                found.append(node)
            elif isinstance(node, ast.Assign) and _is_name(node.targets, name):
                found.append(node.value)
        if found:
            break
    # Each assignment shows twice: as one, and by the name that it stores to.
    values = [each for each in found if not isinstance(each, ast.Name)]
    return values if len(found) == 2 * len(values) else []


def _is_name(targets: list[ast.expr], name: str) -> bool:
    return len(targets) == 1 and isinstance(targets[0], ast.Name) and targets[0].id == name


def _links(spot: Spot, node: ast.expr, accessor: str) -> list[Link] | None:
    """The calls from the relation to ``node``, in the order they are made."""
    links: list[Link] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if not all(map(_Names(spot).are_global, [*node.args, *(w.value for w in node.keywords)])):
            return None
        given = [source_of(spot, each) for each in node.args]
        words = tuple((word.arg, source_of(spot, word.value)) for word in node.keywords)
        named = [f"{name}={value}" if name else f"**{value}" for name, value in words]
        text = f".{node.func.attr}({', '.join([*given, *named])})"
        links.append(Link(node.func.attr, text, words, tuple(given)))
        node = node.func.value
    if isinstance(node, ast.Attribute) and node.attr == accessor and links:
        return links[::-1]
    return None


def source_of(spot: Spot, node: ast.expr) -> str:
    """An expression as it is written, on one line."""
    if node.end_lineno == node.lineno:
        line = linecache.getline(spot.file, node.lineno).encode()
        return line[node.col_offset : node.end_col_offset].decode()
    return ast.unparse(node)


class _Names:
    """Which names an expression may use to be moved out of its function."""

    def __init__(self, spot: Spot) -> None:
        self._module = module_of(spot.file)
        self._local = {
            name.id if isinstance(name, ast.Name) else name.arg
            for around in spot.around
            if isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef))
            for name in ast.walk(around)
            if isinstance(name, ast.arg)
            or (isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store))
        }

    def are_global(self, node: ast.expr) -> bool:
        """Whether all names are the module's own or Python's, and none is the function's."""
        return all(
            each.id not in self._local
            and (hasattr(self._module, each.id) or hasattr(builtins, each.id))
            for each in ast.walk(node)
            if isinstance(each, ast.Name)
        )
