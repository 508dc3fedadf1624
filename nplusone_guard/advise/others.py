"""What to type against the other kinds: loops of writes, duplicates, slow and unbounded reads."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from nplusone_guard.advise.lookups import class_name
from nplusone_guard.advise.on_class import counted_twice
from nplusone_guard.finding import Fix

if TYPE_CHECKING:
    from nplusone_guard.finding import Finding
    from nplusone_guard.trace import QueryGroup

#: Methods of the ORM that may run several statements for one row.
_WRITERS = frozenset(
    [
        "save",
        "asave",
        "create",
        "acreate",
        "delete",
        "adelete",
        "add",
        "aadd",
        "set",
        "aset",
        "remove",
        "aremove",
        "clear",
        "aclear",
        "get_or_create",
        "aget_or_create",
        "update_or_create",
        "aupdate_or_create",
    ]
)
_NO_SIGNALS = "no save() is called and no signal sent"


def write_causes(findings: list[Finding]) -> list[Finding]:
    """One finding a loop: a call may write to several tables, and read before it writes.

    ``findings``: those of kind ``write_loop``, and the N+1 ones without a relation.
    """
    loops: dict[object, list[Finding]] = {}
    rest: list[Finding] = []
    for finding in findings:
        if finding.kind == "write_loop":
            loops.setdefault(_place(finding.group), []).append(finding)
    for finding in findings:
        if finding.kind == "write_loop":
            continue
        same = loops.get(_place(finding.group))
        if same is not None and _method(finding.group) in _WRITERS:
            same.append(finding)
        else:
            rest.append(finding)
    return [*(_cause(members) for members in loops.values()), *rest]


def _place(group: QueryGroup) -> object:
    return group.database, group.path or group.site, group.field, _method(group)


def _method(group: QueryGroup) -> str | None:
    return group.access.method if group.access is not None else None


def _cause(members: list[Finding]) -> Finding:
    # The table that a call is about is written last: parents, join tables and cascades before it.
    writes = [finding for finding in members if finding.kind == "write_loop"]
    lead = writes[-1]
    nested = tuple(finding for finding in members if finding is not lead)
    return replace(lead, nested=nested, fix=_fix(lead.group, writes))


def _fix(group: QueryGroup, writes: list[Finding]) -> Fix:
    access = group.access
    if access is None or access.model is None:
        code = "cursor.executemany(sql, rows)"
        return Fix(code, "Collect the rows and send them in one call.", group.site)
    model = f"{class_name(access.model)}.{access.manager}"
    if access.relation is not None:
        owner, _, name = access.relation.rpartition(".")
        model = f"{class_name(owner)}.{name}.through.objects"
    method = access.method or ""
    if method in _WRITERS and method[1:] in _WRITERS:
        method = method[1:]  # the asynchronous twin
    if group.operation == "delete" and access.relation is not None:
        return Fix(
            "",
            f"Collect the objects: {method}() takes several at once. {model} has the rows of all.",
            group.site,
        )
    if group.operation == "delete":
        code = f"{model}.filter(pk__in=keys).delete()"
        explain = "Collect the keys and delete all rows together."
    elif method in {"add", "set", "remove"}:
        code = f"{model}.bulk_create(links, ignore_conflicts=True)"
        explain = "Collect the rows of the join table and write them together; add() takes several."
    elif method in {"get_or_create", "update_or_create"}:
        code = f"{model}.bulk_create(objects, ignore_conflicts=True)"
        if method == "update_or_create":
            code = (
                f"{model}.bulk_create(objects, update_conflicts=True, "
                "unique_fields=[...], update_fields=[...])"
            )
        explain = f"Collect the objects and write them together; {_NO_SIGNALS}."
    elif group.operation == "insert":
        tables = {each.group.shape.id for each in writes if each.group.operation == "insert"}
        if len(tables) > 1:
            return Fix(
                "",
                "Each object writes to several tables (inheritance), which bulk_create() can't: "
                "only the loop around it can go.",
                group.site,
            )
        code = f"{model}.bulk_create(objects)"
        explain = f"Collect the objects and write them together; {_NO_SIGNALS}."
    elif not _sets_one_row(group):
        return Fix(
            "",
            "Each update() writes the rows that a condition finds, or counts on from what they "
            "hold, which bulk_update() can't: sum up in Python what changes, and write it once "
            "after the loop.",
            group.site,
        )
    else:
        columns = ", ".join(f'"{name}"' for name in access.columns)
        code = f"{model}.bulk_update(objects, [{columns or '...'}])"
        explain = f"Collect the changed objects and write them together; {_NO_SIGNALS}."
        if not columns:
            explain += " Name the columns that change."
    return Fix(code, explain, group.site)


#: An UPDATE that sets values, each of them sent along, in rows of one condition.
_SETS = re.compile(
    r'''UPDATE \S+ SET (?:[^\s=]+ = (?:\?|NULL)(?:, )?)+ WHERE (?:\S+\.)?["`]?([^\s"`]+)["`]? = \?'''
)


def _sets_one_row(group: QueryGroup) -> bool:
    """Whether an UPDATE sets columns of the row of one primary key to values."""
    access = group.access
    if access is None or access.model is None or access.method not in {"update", "aupdate"}:
        return True
    from django.apps import apps  # noqa: PLC0415  only where it is used

    found = _SETS.fullmatch(group.shape.text)
    try:
        key = apps.get_model(access.model)._meta.pk  # noqa: SLF001
    except (LookupError, ValueError):
        return found is not None
    return found is not None and found[1] == key.column


def duplicate_fix(finding: Finding) -> Fix:
    """Ask once."""
    counted = counted_twice(finding.group)
    if counted is not None:
        return counted
    if finding.nested:
        explain = "Ask once and hand the result on; nothing changed between these places."
    else:
        explain = "Ask once, before the loop, and keep the result; nothing changed meanwhile."
    return Fix("", explain)


def slow_fix(finding: Finding) -> Fix:
    """What is known of a slow statement, and the index that its plan misses."""
    group = finding.group
    took = f"The slowest took {group.peak_ms:.0f} ms"
    if group.peak_rows:
        took += f" for {group.peak_rows} rows"
    if group.scans is None:
        return Fix(
            "",
            f"{took}. Look at its plan (EXPLAIN): a full scan of a filtered or sorted column wants "
            'an index; NPLUSONE_GUARD["EXPLAIN"] = True has the guard ask.',
        )
    for scan in group.scans:
        if scan.columns:
            names = ", ".join(f'"{name}"' for name in scan.columns)
            return Fix(
                f"models.Index(fields=[{names}])",
                f"{took}. Its plan scans all of {scan.table} for {', '.join(scan.columns)}: add "
                "the index to the model's Meta.indexes (by the names of its fields).",
            )
    if group.scans:
        tables = ", ".join(dict.fromkeys(scan.table for scan in group.scans))
        return Fix("", f"{took}. Its plan reads all of {tables}, unfiltered: does it need all?")
    return Fix("", f"{took}, and its plan scans no table in full: it reads too much, or waits.")


def unbounded_fix(finding: Finding) -> Fix:
    """Pages."""
    return Fix(
        "",
        f"{finding.group.peak_rows} rows at once, and more as the table grows: paginate, cut it "
        "with a slice, or go through it with iterator().",
    )
