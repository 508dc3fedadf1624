"""Fixes for a relation that a loop counts, tests, adds up, filters or takes the first row of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nplusone_guard.advise.chain import Chain, chain_at
from nplusone_guard.advise.lookups import class_name
from nplusone_guard.finding import Fix

if TYPE_CHECKING:
    from nplusone_guard.advise.cause import Member
    from nplusone_guard.trace import Access, CallSite, QueryGroup

#: Calls that a Prefetch's queryset can take over as they are.
_MOVABLE = ("all", "filter", "exclude", "order_by", "select_related", "annotate", "only", "defer")


def partial_read(member: Member, origin: QueryGroup | None, where: CallSite | None) -> Fix | None:
    """What spares the query per row; ``None`` where the source does not tell what it asks."""
    access = member.group.access
    if access is None or access.lookup is None:
        return None
    site = member.group.path[0] if member.group.path else None
    chain = chain_at(site, access.lookup)
    if access.operation == "count":
        return _count(member, access, chain, where)
    if access.operation == "exists":
        return _exists(member, access, chain, where)
    if access.operation == "aggregate":
        return _aggregate(member, access, origin, where)
    return _rows(member, access, chain, where)


def _direct(member: Member) -> bool:
    """Whether the relation hangs on the root queryset's own rows, where annotations go."""
    return len(member.lineage.steps) == 1


def _count(
    member: Member, access: Access, chain: Chain | None, where: CallSite | None
) -> Fix | None:
    condition = ""
    if access.narrowed:
        conditions = _keywords(chain, access.query_name)
        if conditions is None:
            return None
        condition = f", filter=Q({conditions})"
    if not _direct(member) or access.query_name is None:
        return None
    name = f"{access.lookup}_count"
    return Fix(
        code=f'annotate({name}=Count("{access.query_name}"{condition}, distinct=True))',
        explain=f"Add it to the queryset, and read the attribute {name} instead of counting.",
        where=where,
    )


def _keywords(chain: Chain | None, relation: str | None) -> str | None:
    """The conditions of plain ``filter(name=value)`` calls, seen from the other model."""
    if chain is None or relation is None or not chain.only("all", "filter", "count", "exists"):
        return None
    if any(link.positional for link in chain.links):
        return None
    given = [word for link in chain.links if link.method == "filter" for word in link.keywords]
    if not given or any(name is None for name, _ in given):
        return None
    return ", ".join(f"{relation}__{name}={value}" for name, value in given)


def _exists(
    member: Member, access: Access, chain: Chain | None, where: CallSite | None
) -> Fix | None:
    if not _direct(member) or access.remote is None:
        return None
    conditions = ""
    if access.narrowed:
        if chain is None or not chain.only("all", "filter", "exclude", "exists"):
            return None
        conditions = "".join(
            link.text for link in chain.links if link.method in {"filter", "exclude"}
        )
    model = class_name(access.model)
    name = f"has_{access.lookup}"
    return Fix(
        code=f"annotate({name}=Exists("
        f'{model}.objects.filter({access.remote}=OuterRef("pk")){conditions}))',
        explain=f"Add it to the queryset, and read the attribute {name} instead of asking.",
        where=where,
    )


def _aggregate(
    member: Member, access: Access, origin: QueryGroup | None, where: CallSite | None
) -> Fix | None:
    joined = origin is None or origin.source is None or origin.source.joined
    several = len(access.aggregates) != 1 and any(
        function not in {"Sum", "Avg", "Min", "Max"} for _, function, _ in access.aggregates
    )
    if not access.aggregates or access.narrowed or joined or several or not _direct(member):
        return None
    columns = [
        f'{alias}={function}("{access.query_name}__{column}")'
        for alias, function, column in access.aggregates
    ]
    names = ", ".join(alias for alias, _, _ in access.aggregates)
    return Fix(
        code=f"annotate({', '.join(columns)})",
        explain=f"Add it to the queryset, and read the attribute {names} instead. Beside another "
        "to-many join use a Subquery: joins multiply one another.",
        where=where,
    )


def _rows(
    member: Member, access: Access, chain: Chain | None, where: CallSite | None
) -> Fix | None:
    """Filtered, ordered or cut rows: a ``Prefetch`` with the same calls and a name of its own."""
    if chain is None:
        return None
    calls = [link for link in chain.links if link.method != "all"]
    if all(link.method in {"values", "values_list"} for link in calls):
        return Fix(
            code=f'prefetch_related("{member.lineage.path}")',
            explain=f"Add it to the queryset, and take the values from .{access.lookup}.all() in "
            "Python: values() and values_list() always ask the database.",
            where=where,
        )
    end = ""
    name = f"matching_{access.lookup}"
    read = f".{name}"
    ordered = any(link.method == "order_by" for link in calls)
    if calls and calls[-1].method in {"first", "last"}:
        last = calls.pop().method == "last"
        if last:
            end = ".reverse()[:1]" if ordered else '.order_by("-pk")[:1]'
        else:
            end = "[:1]" if ordered else '.order_by("pk")[:1]'
        name = f"{'last' if last else 'first'}_{access.lookup}"
        read = f"the only row of .{name}"
    if not all(link.method in _MOVABLE for link in calls):
        return None
    model = class_name(access.model)
    queryset = f"{model}.objects{''.join(link.text for link in calls)}{end}"
    if queryset == f"{model}.objects":
        queryset += ".all()"
    path = member.lineage.path
    return Fix(
        code=f'prefetch_related(Prefetch("{path}", queryset={queryset}, to_attr="{name}"))',
        explain=f"Add it to the queryset, and read {read} in place of {chain.text}.",
        where=where,
    )
