"""Fixes for a relation that a loop counts, tests, adds up, filters or takes the first row of."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from nplusone_guard.advise.chain import CONTAINS, Chain, chain_at, is_whole, source_of
from nplusone_guard.advise.lookups import beyond_generic, class_name, loading
from nplusone_guard.advise.meta import has_name, pointed_at, read_through
from nplusone_guard.advise.names import last_name
from nplusone_guard.advise.source import spot_at
from nplusone_guard.finding import Fix
from nplusone_guard.trace import Step

if TYPE_CHECKING:
    from nplusone_guard.advise.cause import Cause, Member
    from nplusone_guard.advise.chain import Link
    from nplusone_guard.advise.together import Together
    from nplusone_guard.trace import Access, CallSite, QueryGroup

#: Calls that a Prefetch's queryset can take over as they are.
_MOVABLE = frozenset(
    ["all", "filter", "exclude", "order_by", "select_related", "annotate", "only", "defer"]
)
#: Reads that ask the database whatever was prefetched, though memory has it all.
_ALWAYS_ASK = frozenset({"values", "values_list", "iterator"})
_ADDABLE = frozenset({"Sum", "Avg", "Min", "Max"})
#: Of no rows a join counts 0, as aggregate() does, and a subquery nothing.
_JOINED_ONLY = frozenset({"Count"})


def partial_read(  # noqa: PLR0911  a case an operation
    cause: Cause, origin: QueryGroup | None, where: CallSite | None, together: Together
) -> Fix | None:
    """What spares the query per row; ``None`` where the source does not tell what it asks."""
    member = cause.lead
    access = member.group.access
    if access is None or access.lookup is None:
        return None
    chain = chain_at(member.group.path[0], access.lookup) if member.group.path else None
    if access.operation not in {"count", "exists", "aggregate"}:
        return _rows(cause, access, chain, where, together)
    if member.served and access.method in CONTAINS:
        return Fix(
            code=f'prefetch_related("{member.lineage.path}")',
            explain="Add it to the queryset: contains() is answered from memory then.",
            where=where,
        )
    if access.method in CONTAINS:
        return None
    if member.served and access.managed:
        return Fix(
            code=f'prefetch_related("{member.lineage.path}")',
            explain=f"Add it to the queryset: {access.operation}() is answered from memory then. "
            "A join would not heed the default manager.",
            where=where,
        )
    # An annotation belongs to the root queryset's own rows.
    source = origin.source if origin is not None else None
    if source is None or source.kind != "queryset" or len(member.lineage.steps) != 1:
        return None
    if access.operation == "count":
        # Count joins: beside a to-many join of the queryset's own, either would change the other.
        return None if source.joined else _count(member, access, chain, where, together)
    if access.operation == "exists":
        return _exists(member, access, chain, where, together)
    return _aggregate(member, access, chain, source.joined, where, together)


def _count(
    member: Member, access: Access, chain: Chain | None, where: CallSite | None, together: Together
) -> Fix | None:
    condition = ""
    if access.narrowed and not is_whole(member.group):
        conditions = _keywords(chain, access.query_name)
        if conditions is None:
            return None
        condition = f", filter=Q({conditions})"
    if access.managed or access.query_name is None:
        return None
    name = together.free(member, f"{access.lookup}_count")
    return Fix(
        code=f'annotate({name}=Count("{access.query_name}"{condition}, distinct=True))',
        explain=f"Add it to the queryset, and read the attribute {name} instead of counting.",
        where=where,
        alone=False,
    )


#: Names a column of the other model: it would have to be named from this one.
_REFERS = re.compile(r"\b[A-Z]\w*\(")


#: A string without anything to be escaped.
_QUOTED = re.compile(r"""(["'])(\w+)\1""")

#: A condition on a column of the relation's own model.
_OF_A_COLUMN = re.compile(
    r"[a-z0-9]+(?:_[a-z0-9]+)*"
    r"(?:__(?:i?exact|i?contains|i?startswith|i?endswith|in|gte?|lte?|range|isnull))?"
)


def _keywords(chain: Chain | None, relation: str | None) -> str | None:
    """The conditions of a plain ``filter(name=value)``, seen from the other model."""
    if chain is None or relation is None or not chain.only("all", "filter", "count"):
        return None
    filters = [link for link in chain.links if link.method == "filter"]
    if len(filters) != 1 or filters[0].positional:
        return None
    given = filters[0].keywords
    if not given or any(name is None or _REFERS.search(value) for name, value in given):
        return None
    if any(not _OF_A_COLUMN.fullmatch(name or "") for name, _ in given):
        return None  # across a to-many relation, count() counts rows and Count(distinct) objects
    return ", ".join(f"{relation}__{name}={value}" for name, value in given)


def _conditions(member: Member, chain: Chain | None, operation: str) -> str | None:
    """The calls that narrow the relation before it is tested or added up."""
    access = member.group.access
    if access is None or not access.narrowed or is_whole(member.group):
        return ""
    if chain is None or not chain.only("all", "filter", "exclude", operation):
        return None
    return "".join(link.text for link in chain.links if link.method in {"filter", "exclude"})


def _exists(
    member: Member, access: Access, chain: Chain | None, where: CallSite | None, together: Together
) -> Fix | None:
    conditions = _conditions(member, chain, "exists")
    if conditions is None or access.remote is None:
        return None
    name = together.free(member, f"has_{access.lookup}")
    return Fix(
        code=f"annotate({name}=Exists({_correlated(access)}{conditions}))",
        explain=f"Add it to the queryset, and read the attribute {name} instead of asking.",
        where=where,
        alone=False,
    )


def _correlated(access: Access) -> str:
    queryset = f"{class_name(access.model)}.{access.manager}"
    key = pointed_at(access.model, access.remote or "")
    return f'{queryset}.filter({access.remote}=OuterRef("{key}"))'


def _aggregate(  # noqa: PLR0913  what a fix is made of
    member: Member,
    access: Access,
    chain: Chain | None,
    joined: bool,
    where: CallSite | None,
    together: Together,
) -> Fix | None:
    """By a join, or by a subquery each: joins multiply one another, and what they add up."""
    conditions = _conditions(member, chain, "aggregate")
    plain = not (joined or access.managed or conditions) and together.joins_once(
        member.lineage.origin
    )
    if not access.aggregates or conditions is None or not (plain or access.remote):
        return None
    computed = _ADDABLE | _JOINED_ONLY if plain else _ADDABLE
    if any(function not in computed for _, function, _ in access.aggregates):
        return None
    given = {}
    for alias, function, column in access.aggregates:
        name = together.free(member, alias)
        if plain:
            given[name] = f'{function}("{access.query_name}__{column}")'
        else:
            inner = f"{alias}_2" if has_name(access.model, alias) else alias
            given[name] = (
                f'Subquery({_correlated(access)}{conditions}.order_by().values("{access.remote}")'
                f'.annotate({inner}={function}("{column}")).values("{inner}"))'
            )
    return Fix(
        code=f"annotate({', '.join(f'{name}={value}' for name, value in given.items())})",
        explain=f"Add it to the queryset, and read the attribute {', '.join(given)} instead.",
        where=where,
        alone=False,
    )


def _rows(
    cause: Cause, access: Access, chain: Chain | None, where: CallSite | None, together: Together
) -> Fix | None:
    """Filtered, ordered or cut rows: a ``Prefetch`` with the same calls and a name of its own."""
    lead = cause.lead
    if beyond_generic(lead.lineage.steps)[1]:
        return None
    if chain is None:
        return _picked(lead, access, where)
    calls = [link for link in chain.links if link.method != "all"]
    behind = [member.lineage.steps for member in cause.behind]
    if calls and all(link.method in _ALWAYS_ASK for link in calls):
        return _values(cause, access, chain, where)
    name, end, read = _taken(access, calls)
    if not all(link.method in _MOVABLE for link in calls):
        return None
    if end and access.query_name is None:
        return None  # a generic relation's prefetch filters, which a slice forbids
    queryset = f"{class_name(access.model)}.{access.manager}"
    queryset += "".join(link.text for link in calls)
    if behind:
        queryset += f".{loading(behind)}"
    queryset += end or ("" if calls or behind else ".all()")
    name = together.free(lead, name)
    return Fix(
        code=f'prefetch_related(Prefetch("{lead.lineage.path}", queryset={queryset}, '
        f'to_attr="{name}"))',
        explain=f"Add it to the queryset, and read {read}.{name} in place of {chain.text}.",
        where=where,
        alone=False,
    )


def _values(cause: Cause, access: Access, chain: Chain, where: CallSite | None) -> Fix | None:
    """What always asks the database: objects in its place, with the relations its columns cross."""
    steps = cause.lead.lineage.steps
    columns = _columns(chain)
    read = [read_through(access.model, column) for column in columns or ()]
    if columns is None or None in read:
        return None
    crossed = [(*steps, *map(Step, found[0])) for found in read if found is not None]
    behind = [(*steps, *member.lineage.steps) for member in cause.behind]
    explain = (
        f"Add it to the queryset, and read .{access.lookup}.all() in place of {chain.text}, which "
        "always asks the database"
    )
    if any(link.method != "iterator" for link in chain.links if link.method != "all"):
        explain += "; its rows are objects then"
        names = [found[1] for found in read if found is not None]
        if names and all(names):
            explain += f", with {', '.join(f'.{name}' for name in dict.fromkeys(names))}"
    return Fix(
        code=loading([steps, *crossed, *behind], prefetch_only=True),
        explain=f"{explain}.",
        where=where,
        alone=False,
    )


def _columns(chain: Chain) -> list[str] | None:
    """The columns that are named; ``None`` where something is computed."""
    found = []
    for link in chain.links:
        if link.method not in {"values", "values_list"}:
            continue
        if any(name not in {"flat", "named"} for name, _ in link.keywords):
            return None
        for text in link.positional:
            name = _QUOTED.fullmatch(text)
            if name is None:
                return None
            found.append(name[2])
    return found


def _taken(access: Access, calls: list[Link]) -> tuple[str, str, str]:
    """What the last call takes of the rows: a name for it, the code, how it is read.

    Leaves in ``calls`` what a queryset can take over.
    """
    method = calls[-1].method if calls else ""
    if method == "get":
        got = calls[-1]
        calls[-1:] = [got.renamed("filter")] if got.text != ".get()" else []
        return f"matching_{access.lookup}", "", "the only row of "
    if method in {"earliest", "latest"} and calls[-1].positional and not calls[-1].keywords:
        calls[-1] = calls[-1].renamed("order_by")
        end = ".reverse()[:1]" if method == "latest" else "[:1]"
        return f"{method}_{access.lookup}", end, "the only row, if any, of "
    if method not in {"first", "last"}:
        return f"matching_{access.lookup}", "", ""
    calls.pop()
    end = ".reverse()[:1]" if method == "last" else "[:1]"
    if access.columns in {("pk",), ("-pk",)} and not any(c.method == "order_by" for c in calls):
        end = f'.order_by("{access.columns[0]}")[:1]'
    return f"{method}_{access.lookup}", end, "the only row, if any, of "


def _picked(lead: Member, access: Access, where: CallSite | None) -> Fix | None:
    """A row that the loop alone can name, taken from the whole relation in Python."""
    spot = spot_at(lead.group.path[0]) if lead.group.path else None
    node = spot.node if spot is not None else None
    if (
        access.operation != "get"
        or access.method not in {"get", "aget"}
        or not access.columns
        or any("__" in column for column in access.columns)
        or not isinstance(node, ast.Call)
        or not isinstance(node.func, ast.Attribute)
        or last_name(node.func.value) != access.lookup
        or spot is None
    ):
        return None
    alike = " and ".join(f"each.{column} == ..." for column in access.columns)
    return Fix(
        code=f'prefetch_related("{lead.lineage.path}")',
        explain=f"Add it to the queryset, and take the row with {alike} from "
        f".{access.lookup}.all() in place of {source_of(spot, node)}, which always asks the "
        "database.",
        where=where,
        alone=False,
    )
