"""Where the queries come from: a tree of serializers, fields and fields below them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nplusone_guard.dashboard.listing import ms, share
from nplusone_guard.report.text import safe
from nplusone_guard.report.words import counted, place_name, subject

if TYPE_CHECKING:
    from collections.abc import Iterator

#: ``OrderSerializer.items.product_name``; whatever else a field is called is one name.
_DOTTED = re.compile(r"\w+(?:\.\w+)*")
_DEEPEST = 12


@dataclass(slots=True)
class _Node:
    queries: int = 0
    db_ms: float = 0.0
    below: dict[str, _Node] = field(default_factory=dict)
    subjects: dict[str, int] = field(default_factory=dict)

    def add(self, path: list[str], group: dict[str, Any]) -> None:
        node = self
        node.take(group)
        for name in path:
            node = node.below.setdefault(name, _Node())
            node.take(group)
        what = subject(group)
        node.subjects[what] = node.subjects.get(what, 0) + group["count"]

    def take(self, group: dict[str, Any]) -> None:
        self.queries += group["count"]
        self.db_ms += group["db_ms"]


def tree(groups: list[dict[str, Any]], names: list[str | None]) -> list[dict[str, Any]]:
    """The nodes of the tree in the order in which they are read, each with its ``level`` from 1.

    Queries that no field asked for hang from the function that did.
    """
    root = _Node()
    for group, name in zip(groups, names, strict=True):
        if group["operation"] == "transaction":
            continue
        root.add(_path(group, name), group)
    return list(_walk(root, root, 1))


def _path(group: dict[str, Any], name: str | None) -> list[str]:
    if name:
        return (name.split(".") if _DOTTED.fullmatch(name) else [name])[:_DEEPEST]
    location = group["location"]
    if location is None:
        return ["outside the project's code"]
    return [f"{location['function'] or 'module'} ({place_name(location)})"]


def _walk(node: _Node, root: _Node, level: int) -> Iterator[dict[str, Any]]:
    ordered = sorted(node.below.items(), key=lambda item: (-item[1].queries, item[0]))
    for position, (name, each) in enumerate(ordered, 1):
        yield {
            "name": safe(name),
            "level": level,
            "position": position,
            "siblings": len(ordered),
            "queries": counted(each.queries, "query"),
            "took": ms(each.db_ms),
            "share": f"{share(each.queries, root.queries):.1f}",
            "subjects": [
                f"{count:,}x {what}" if count > 1 else what
                for what, count in sorted(each.subjects.items(), key=lambda item: -item[1])
            ],
        }
        yield from _walk(each, root, level + 1)
