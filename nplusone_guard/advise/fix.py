"""The code to type for a cause, at the place where its root queryset is built."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nplusone_guard.advise.built import built
from nplusone_guard.advise.columns import left_out_keys
from nplusone_guard.advise.lookups import class_name, generic_keys, loading
from nplusone_guard.advise.names import django_version, is_editable
from nplusone_guard.advise.partial import partial_read
from nplusone_guard.advise.together import Together, column_of
from nplusone_guard.finding import Fix
from nplusone_guard.trace import Step

if TYPE_CHECKING:
    from nplusone_guard.advise.cause import Cause, Member
    from nplusone_guard.trace import CallSite, QueryGroup, Trace

_FETCHED_BY_PEERS = frozenset({"lazy forward", "lazy one-to-one", "generic key", "deferred column"})


def n_plus_one_fix(  # noqa: PLR0911  a case a cause
    cause: Cause, trace: Trace, together: Together
) -> Fix | None:
    """What mends a cause; ``None`` where the evidence does not reach."""
    lead = cause.lead
    origin = trace.groups[lead.lineage.origin] if lead.lineage.origin is not None else None
    where = _where(origin)
    if lead.group.chained:
        return _chained(lead)
    if lead.group.access is not None and lead.group.access.early:
        return _early(lead)
    if lead.key is not None:
        return lead.key
    if lead.operation == "deferred column":
        return _columns(cause, origin, where, together)
    if lead.loads or (lead.served and (origin is None or len(lead.lineage.steps) > 1)):
        return _loads(cause, origin, where, together)
    if lead.group.access is not None and lead.group.access.relation is not None:
        return partial_read(cause, origin, where, together)
    return _unrelated(lead)


def evaluated_at(cause: Cause, trace: Trace) -> CallSite | None:
    """Where the root queryset was evaluated, or built where no code of the project evaluates it."""
    if cause.lead.lineage.origin is None:
        return None
    origin = trace.groups[cause.lead.lineage.origin]
    return origin.site or built(origin)


def _where(origin: QueryGroup | None) -> CallSite | None:
    if origin is None:
        return None
    found = built(origin)
    if found is not None or origin.site is None or not is_editable(origin.site.file):
        return found
    if origin.field is not None and origin.field.owner is not None:
        return None  # the place of the field, where nothing is evaluated
    # Not where it is built: no expression there takes a call.
    return replace(origin.site, end_line=None, column=None, end_column=None)


def _loads(
    cause: Cause, origin: QueryGroup | None, where: CallSite | None, together: Together
) -> Fix:
    members = [member for member in cause.members if member.loads or member.served]
    paths = [_steps(member) for member in members]
    source = origin.source if origin is not None else None
    lead = cause.lead
    code = loading(paths, prefetch_only=source is not None and source.kind != "queryset")
    if source is not None and any(key in source.ahead for key in generic_keys(paths)):
        # A second prefetch of one key is refused, and taking back the first takes back all.
        return Fix(
            code="",
            explain=f'In the call that prefetches "{generic_keys(paths)[0]}" already, put '
            f"{code.partition('(')[2].removesuffix(')')} in its place.",
            where=where,
        )
    if code.startswith("select_related"):
        effect = "a join instead of a query per row"
        number = lead.lineage.origin
        if number is not None and left_out_keys(source, paths):
            code = f"{together.columns(number)}.{code}"
            call = "only" if source is not None and source.only else "defer"
            effect += f". A key must be loaded for it: in place of the {call}() that leaves it out"
    else:
        effect = "one query per relation instead of one per row"
    return Fix(
        code=code,
        explain=f"{_place(lead, origin, where)}: {effect}.{_hints(cause, origin)}",
        where=where,
    )


def _steps(member: Member) -> tuple[Step, ...]:
    """The path; told by the serializer's sources where the rows' origin is not known."""
    way = member.lineage
    field = member.group.field
    access = member.group.access
    if way.origin is not None or field is None or access is None or access.lookup is None:
        return way.steps
    above = field.sources[: len(field.sources) - field.own]
    own = field.sources[len(above) :]
    names: tuple[str, ...] = ()
    if access.lookup in own:
        names = (*above, *own[: own.index(access.lookup)])
    elif field.model is not None and field.model == access.instance_model:
        names = above
    if not names or len(way.steps) > 1:
        return way.steps
    return (*(Step(name, joinable=not field.many) for name in names), *way.steps)


def _place(lead: Member, origin: QueryGroup | None, where: CallSite | None) -> str:
    if origin is not None and where is None and origin.field is not None:
        return f"Add it to the queryset behind {origin.field.text}"
    if origin is None or where is None:
        field, access = lead.group.field, lead.group.access
        if field is not None and field.sources:
            return f"Add it to the queryset that {field.text.partition('.')[0]} is given"
        rows = class_name(access.instance_model if access else None)
        return f"Add it to the queryset that loads the {rows} rows"
    if where.column is None:
        return "Add it to the queryset evaluated there"
    return "Add it to the queryset built there"


def _hints(cause: Cause, origin: QueryGroup | None) -> str:
    """What must be known beside: iterators, and Django 6.1's fetch modes."""
    accesses = [member.group.access for member in cause.members if member.group.access is not None]
    iterated = (
        origin is not None
        and origin.access is not None
        and (origin.access.method in {"_iterator", "aiterator"})
    )
    hints = ""
    if any(access.peers for access in accesses):
        if iterated:
            hints += " FETCH_PEERS has no effect here: rows of iterator() have no peers."
        elif any(access.many for access in accesses):
            hints += " FETCH_PEERS has no effect here: it does not cover reverse relations."
    elif (
        _has_fetch_modes()
        and not iterated
        and (all(access.operation in _FETCHED_BY_PEERS for access in accesses))
    ):
        hints += " Or fetch_mode(models.FETCH_PEERS), which needs no names."
    if iterated and any(access.many for access in accesses):
        hints += " With iterator(), give it a chunk_size."
    return hints


def _has_fetch_modes() -> bool:
    return django_version() >= (6, 1)


def _chained(lead: Member) -> Fix:
    access = lead.group.access
    if access is not None and access.many:
        explain = (
            "A tree is read level by level, and its depth is not known ahead: read its rows in "
            "one query and link them in Python, or use a recursive CTE."
        )
    else:
        explain = (
            "A chain is followed link by link, which no eager load spares: a recursive CTE reads "
            "it in one query."
        )
    return Fix(code="", explain=explain)


def _early(lead: Member) -> Fix:
    site = lead.group.site
    function = site.function.rpartition(".")[2] if site is not None else "the code"
    return Fix(
        code="",
        explain=f"{function} runs while the row is made (__init__, from_db, post_init), before "
        "anything loaded with it is there: read the relation later, where it is needed.",
    )


def _columns(
    cause: Cause, origin: QueryGroup | None, where: CallSite | None, together: Together
) -> Fix:
    """The columns, added to ``only()`` or taken out of ``defer()``."""
    lead = cause.lead
    quoted = ", ".join(f'"{column_of(member)}"' for member in cause.members)
    source = origin.source if origin is not None else None
    number = lead.lineage.origin
    joined = all(step.joinable for step in lead.lineage.steps)
    if number is None or source is None or not source.deferred or not joined:
        return Fix(
            code="",
            explain=f"{quoted} was left out by only() or defer() where the rows were loaded; "
            "load it there.",
        )
    return Fix(
        code=together.columns(number),
        explain=f"{_place(lead, origin, where)}, in place of the "
        f"{'only' if source.only else 'defer'}() that leaves {quoted} out.{_hints(cause, origin)}",
        where=where,
    )


def _unrelated(lead: Member) -> Fix | None:
    """Reads without a relation: by key in a loop, or anything else."""
    access = lead.group.access
    if access is None or access.model is None:
        return None
    if not lead.group.path or lead.group.site != lead.group.path[0]:
        return _elsewhere(lead.group)
    manager = f"{class_name(access.model)}.{access.manager}"
    if access.operation == "get" and len(access.columns) == 1:
        column = access.columns[0]
        if column in {"pk", "id"}:
            code = f"{manager}.in_bulk(keys)"
        elif "__" in column:
            return None
        else:
            code = f"{{each.{column}: each for each in {manager}.filter({column}__in=keys)}}"
        if access.method in {"get_or_create", "update_or_create"}:
            explain = "Read the rows that exist in one query, and bulk_create() the missing ones."
        else:
            explain = "Collect the keys before the loop, read all rows in one query, look them up."
        return Fix(code=code, explain=explain, where=lead.group.site)
    if " IN (?)" in lead.group.shape.text and not lead.group.batch:
        return Fix(
            code="",
            explain="Its lists differ in length from turn to turn, so these are no batches of one "
            "list: collect the keys of all, read the rows in one query, and look them up.",
            where=lead.group.site,
        )
    return None


def _elsewhere(group: QueryGroup) -> Fix | None:
    """A loop that is not the project's: only what it is given can spare the queries."""
    if group.field is None:
        return None
    return Fix(
        code="",
        explain=f"{group.field.text} asks once for each row, in a loop that is not the project's: "
        "look all of them up at once before, or leave the field out.",
    )
