"""Related objects that are loaded for their key alone, which the row has in a column of its own."""

from __future__ import annotations

import ast
import linecache
import re
from typing import TYPE_CHECKING, Any

from nplusone_guard.advise.chain import source_of
from nplusone_guard.advise.columns import left_out_keys
from nplusone_guard.advise.lookups import loading
from nplusone_guard.advise.meta import key_of, may_be_null
from nplusone_guard.advise.source import Spot, spot_at, tree_of
from nplusone_guard.finding import Fix

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from nplusone_guard.advise.lineage import Lineage
    from nplusone_guard.trace import Access, FieldPath, QueryGroup, Trace

_TO_ONE = frozenset({"lazy forward", "lazy one-to-one"})


def key_instead(trace: Trace, number: int, way: Lineage) -> Fix | None:
    """What reads the key in place of the object, where the source shows that no more is read.

    ``number``: the index of the object's group; ``way``: its lineage.
    """
    group = trace.groups[number]
    access = group.access
    if access is None or access.lookup is None or access.operation not in _TO_ONE:
        return None
    if access.early or group.chained or _is_left_out(trace, group, way):
        return None
    key = key_of(access.instance_model, access.lookup)
    if key is None:
        return None
    rest = ""
    if way.origin is not None:
        rest = f" Where more of the object is read, {loading([way.steps])} instead."
    if group.path and group.site == group.path[0]:
        return _in_code(group, access.lookup, key, rest)
    return _in_serializer(group, access, key, rest)


def _is_left_out(trace: Trace, group: QueryGroup, way: Lineage) -> bool:
    """Whether the rows were loaded without the key's column."""
    above, via = group.ancestors[0] if group.ancestors else (way.origin, ())
    source = trace.groups[above].source if above is not None else None
    step = group.access.step if group.access is not None else None
    return step is not None and bool(left_out_keys(source, [(*via, step)]))


def _in_code(
    group: QueryGroup, lookup: str, key: tuple[str, Container[str]], rest: str
) -> Fix | None:
    spot = spot_at(group.path[0])
    if spot is None or not isinstance(spot.node, ast.Attribute) or spot.node.attr != lookup:
        return None
    column, names = key
    read = None
    for node, outer in _reads(spot, lookup):
        if outer is None or outer.attr not in names or not isinstance(outer.ctx, ast.Load):
            return None  # an object that is loaded further down costs the same
        if node is spot.node:
            read = outer
    if read is None:
        return None
    return Fix(
        code=f"{source_of(spot, spot.node.value)}.{column}",
        explain=f"Read {column} in place of {source_of(spot, read)}: the row has it, and nothing "
        f"is loaded.{rest}",
        where=spot.at(read).site(),
        alone=False,
    )


def _reads(spot: Spot, lookup: str) -> Iterator[tuple[ast.Attribute, ast.Attribute | None]]:
    """Where the function around a place reads the relation, and what is read of the object."""
    scope = spot.functions[0] if spot.functions else tree_of(spot.file)
    nodes = [each for each in ast.walk(scope or spot.node) if isinstance(each, ast.Attribute)]
    outer = {id(each.value): each for each in nodes}
    return ((each, outer.get(id(each))) for each in nodes if each.attr == lookup)


def _in_serializer(
    group: QueryGroup, access: Access, key: tuple[str, Container[str]], rest: str
) -> Fix | None:
    field, (column, names) = group.field, key
    if field is None or field.site is None or field.site.column is None or field.own < 2:  # noqa: PLR2004
        return None
    own = field.sources[-field.own :]
    if own[-2] != access.lookup or own[-1] not in names or not _is_alone(field, own, names):
        return None
    lines = range(field.site.line, (field.site.end_line or field.site.line) + 1)
    text = "".join(linecache.getline(field.site.file, line) for line in lines)
    given = re.search(rf"""\bsource=(["']){re.escape(".".join(own))}\1""", text)
    if given is None or group.site != field.site:
        return None
    code = f'source="{".".join([*own[:-2], column])}"'
    explain = f"Write it in place of {given[0]}: the row has the key, and nothing is loaded."
    if may_be_null(access.instance_model, access.lookup):
        explain += " Where there is no object, the field is null and not left out."
    return Fix(code=code, explain=explain + rest, where=field.site, alone=False)


def _is_alone(field: FieldPath, own: tuple[str, ...], names: Container[str]) -> bool:
    """Whether no other declared field of the serializer reads more of the object."""
    declared: dict[str, Any] = getattr(field.owner, "_declared_fields", {})
    if getattr(getattr(field.owner, "Meta", None), "depth", 0):
        return False
    for name, each in declared.items():
        source = tuple((getattr(each, "source", None) or name).split("."))
        rest = source[len(own) - 1 :]
        if source[: len(own) - 1] == own[:-1] and not (len(rest) == 1 and rest[0] in names):
            return False
    return True
