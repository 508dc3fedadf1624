"""What a loop asks of a relation, read from the source: ``order.items.filter(paid=True).first()``.

The calls behind the relation can be moved to a ``Prefetch`` of it, if what they are given does
not depend on the loop.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nplusone_guard.advise.source import Spot, module_of, spot_at

if TYPE_CHECKING:
    from nplusone_guard.trace import CallSite


@dataclass(frozen=True, slots=True)
class Link:
    """One call of a chain: its method, its source text (``.filter(paid=True)``), its keywords."""

    method: str
    text: str
    keywords: tuple[tuple[str | None, str], ...]
    positional: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """The calls behind a relation, and the text of the whole expression."""

    text: str
    links: tuple[Link, ...]

    def only(self, *methods: str) -> bool:
        """Whether the chain has no other calls than these."""
        return all(link.method in methods for link in self.links)


def chain_at(site: CallSite | None, accessor: str) -> Chain | None:
    """The chain behind ``accessor`` in the expression at a place.

    ``None`` where it is not there (it may be in a function further in), or where an argument
    depends on something that only the loop knows.
    """
    spot = spot_at(site) if site is not None else None
    if spot is None:
        return None
    for node in ast.walk(spot.node):
        links = _links(spot, node, accessor) if isinstance(node, ast.Call) else None
        if links is not None:
            return Chain(ast.unparse(node), tuple(links))
    return None


def _links(spot: Spot, node: ast.expr, accessor: str) -> list[Link] | None:
    """The calls from the relation to ``node``, in the order they are made."""
    links: list[Link] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if not all(map(_Names(spot).are_global, [*node.args, *(w.value for w in node.keywords)])):
            return None
        given = ", ".join(map(ast.unparse, [*node.args, *node.keywords]))
        links.append(
            Link(
                node.func.attr,
                f".{node.func.attr}({given})",
                tuple((word.arg, ast.unparse(word.value)) for word in node.keywords),
                bool(node.args),
            )
        )
        node = node.func.value
    if isinstance(node, ast.Attribute) and node.attr == accessor and links:
        return links[::-1]
    return None


class _Names:
    """Which names an expression may use to be moved out of its function."""

    def __init__(self, spot: Spot) -> None:
        self._module = module_of(spot.file)

    def are_global(self, node: ast.expr) -> bool:
        """Whether all names are the module's own or Python's."""
        return all(
            hasattr(self._module, each.id) or hasattr(builtins, each.id)
            for each in ast.walk(node)
            if isinstance(each, ast.Name)
        )
