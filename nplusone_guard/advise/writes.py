"""What to type against rows that are written one by one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from nplusone_guard.advise.lookups import class_name
from nplusone_guard.advise.meta import key_by_column, model_named, unique_within
from nplusone_guard.detect.write_loop import place, takes_batches
from nplusone_guard.finding import Fix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nplusone_guard.finding import Finding
    from nplusone_guard.trace import Access, QueryGroup

#: Methods of a manager that write to a many-to-many relation's table, or to a foreign key.
_OF_RELATIONS = frozenset({"add", "set", "remove", "clear"})
_LOOK_FIRST = frozenset({"get_or_create", "update_or_create"})
#: Methods of the ORM that may run several statements for one row.
_WRITERS = frozenset({"save", "create", "delete"}) | _OF_RELATIONS | _LOOK_FIRST
_NO_SIGNALS = "no save() is called and no signal sent"


def writes(group: QueryGroup) -> bool:
    """Whether a method that writes ran it, though it may read."""
    return _method(group.access) in _WRITERS


def write_causes(findings: list[Finding]) -> list[Finding]:
    """One finding a loop: a call may write to several tables, and read before it writes.

    ``findings``: those of kind ``write_loop``, and the N+1 ones that no relation or such a method
    is behind.
    """
    loops: dict[object, list[Finding]] = {}
    rest: list[Finding] = []
    for finding in findings:
        if finding.kind == "write_loop":
            loops.setdefault(place(finding.group), []).append(finding)
    for finding in findings:
        if finding.kind == "write_loop":
            continue
        same = loops.get(place(finding.group))
        if same is not None and writes(finding.group):
            same.append(finding)
        else:
            rest.append(finding)
    return [*(_cause(members) for members in loops.values()), *rest]


def _method(access: Access | None) -> str:
    """The method of the ORM; of an asynchronous one its twin."""
    method = (access.method if access is not None else None) or ""
    known = method[:1] == "a" and method[1:] in _WRITERS
    return method[1:] if known else method


def _cause(members: list[Finding]) -> Finding:
    # The table that a call is about is written last: parents, join tables and cascades before it.
    written = [finding for finding in members if finding.kind == "write_loop"]
    lead = written[-1]
    nested = tuple(finding for finding in members if finding is not lead)
    fix = _of_batches(lead.group)
    if fix is not None:
        return replace(lead, nested=nested, fix=fix, severity="info")
    return replace(lead, nested=nested, fix=_fix(lead.group, members))


def _of_batches(group: QueryGroup) -> Fix | None:
    """What is to be said of calls that may write several rows each."""
    access = group.access
    if access is None or access.relation is not None or not takes_batches(group):
        return None
    if "bulk_" in (access.method or ""):
        return Fix(
            "",
            "Each call may write several rows: collect the objects of all calls and write them in "
            "one, which cuts them by its batch_size.",
            group.site,
        )
    if " IN (?)" in group.shape.text and access.method in {"update", "aupdate"} and not group.batch:
        return Fix(
            "",
            "Each update() takes a list of keys, as long as it may be: where all rows get the same "
            "values, collect the keys of all and write them in one.",
            group.site,
        )
    return None


def _fix(group: QueryGroup, members: list[Finding]) -> Fix:
    access = group.access
    if access is None or access.model is None:
        code = "cursor.executemany(sql, rows)"
        return Fix(code, "Collect the rows and send them in one call.", group.site)
    model = f"{class_name(access.model)}.{access.manager}"
    method = _method(access)
    inserts = [each.group for each in members if each.group.operation == "insert"]
    if method in _OF_RELATIONS or (access.relation is not None and not access.many):
        code, explain = _on_relation(group, access, model, method)
    elif group.operation == "delete":
        code = f"{model}.filter(pk__in=keys).delete()"
        explain = "Collect the keys and delete all rows together."
    elif len({each.shape.id for each in inserts}) > 1:
        code = ""
        explain = (
            "Each object writes to several tables (inheritance), which bulk_create() can't: "
            "only the loop around it can go."
        )
    elif method in _LOOK_FIRST:
        code, explain = _looked_up_first(access, model, method, members)
    elif group.operation == "insert":
        code = f"{model}.bulk_create(objects)"
        explain = f"Collect the objects and write them together; {_NO_SIGNALS}."
    elif _sets_one_row(group, access):
        code, explain = _updated(access, model)
    else:
        code = ""
        explain = (
            "Sum up what changes and write it once, after the loop; bulk_update() can't do what "
            "this update() does."
        )
    return Fix(code, explain, group.site)


#: An UPDATE that sets values, each of them sent along, in rows of one condition.
_SETS = re.compile(
    r"UPDATE \S+ SET (?:[^\s=]+ = (?:\?|NULL)(?:, )?)+ "
    r"""WHERE (?:\S+\.)?["`]?([^\s"`]+)["`]? = \?"""
)


def _sets_one_row(group: QueryGroup, access: Access) -> bool:
    """Whether an UPDATE sets columns to values, of the row of one key or of a relation's rows."""
    if access.method not in {"update", "aupdate"}:
        return True
    found = _SETS.fullmatch(group.shape.text)
    model = model_named(access.model)
    if found is None or model is None:
        return found is not None
    return access.relation is not None or bool(found[1] == model._meta.pk.column)  # noqa: SLF001


def _updated(access: Access, model: str) -> tuple[str, str]:
    columns = ", ".join(f'"{name}"' for name in access.columns)
    code = f"{model}.bulk_update(objects, [{columns or '...'}])"
    explain = f"Collect the changed objects and write them together; {_NO_SIGNALS}."
    return code, explain if columns else f"{explain} Name the columns that change."


def _looked_up_first(
    access: Access, model: str, method: str, members: Iterable[Finding]
) -> tuple[str, str]:
    """In one statement only where the database itself tells which rows are there already."""
    reads = [each.group.access for each in members if each.kind == "n_plus_one"]
    columns = [name for read in reads if read is not None for name in read.columns]
    unique = unique_within(access.model, columns)
    if not unique:
        looked_up = ", ".join(dict.fromkeys(columns)) or "what is looked up"
        then = "bulk_create() the missing ones"
        if method == "update_or_create":
            then += " and bulk_update() the others"
        return "", (
            f"Read the rows that exist in one query, then {then}: no unique constraint covers "
            f"{looked_up}, so that the database can't tell which are there."
        )
    explain = f"Collect the objects and write them together; {_NO_SIGNALS}"
    if method == "get_or_create":
        code = f"{model}.bulk_create(objects, ignore_conflicts=True)"
        return code, f"{explain}, and the objects get no keys: read them afterwards."
    names = ", ".join(f'"{name}"' for name in unique)
    code = (
        f"{model}.bulk_create(objects, update_conflicts=True, "
        f"unique_fields=[{names}], update_fields=[...])"
    )
    return code, (
        f"{explain}. Name the columns that change; MySQL and MariaDB take no unique_fields."
    )


#: The one condition of a clear(): the column of the join table that has the instance's key.
_CLEARED = re.compile(r"WHERE (?:\S+\.)?[\"`]?(\w+)[\"`]? = \?$")


def _on_relation(group: QueryGroup, access: Access, model: str, method: str) -> tuple[str, str]:
    """Several objects of one instance are one call; of many instances, rows of the join table."""
    if group.operation == "update":
        return _on_foreign_key(access, model, method)
    links = model
    if access.relation is not None:
        owner, _, name = access.relation.rpartition(".")
        links = f"{class_name(owner)}.{name}.through.objects"
    if method == "clear":
        found = _CLEARED.search(group.shape.text)
        key = key_by_column(access.model, found[1]) if found else None
        explain = "Collect the objects and delete their rows of the join table together."
        return (f"{links}.filter({key}__in=objects).delete()" if key else ""), explain
    if method == "set":
        return "", (
            "set() reads, deletes and inserts for one object: read the rows of all objects from "
            f"{links}, then delete what is to go and bulk_create() what is new."
        )
    if method == "remove":
        return "", (
            "remove() takes several objects of one instance; of many instances, delete the rows of "
            f"the join table together: {links} has them all."
        )
    if method == "add":
        return f"{links}.bulk_create(links, ignore_conflicts=True)", (
            "Collect the rows of the join table and write them together; add() takes several."
        )
    return "", (
        f"{method}() writes an object and a row of the join table: bulk_create() the objects, then "
        f"the rows of {links}."
    )


def _on_foreign_key(access: Access, model: str, method: str) -> tuple[str, str]:
    key = access.columns[0] if len(access.columns) == 1 else None
    if key is not None and method in {"remove", "clear"}:
        which = "pk__in=keys" if method == "remove" else f"{key}__in=objects"
        return f"{model}.filter({which}).update({key}=None)", (
            "Collect the objects and take their keys away together."
        )
    return _updated(access, model)
