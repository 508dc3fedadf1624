"""What is unused, as findings of the report."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from nplusone_guard.finding import Experiment, Finding, Fix, finding_id
from nplusone_guard.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nplusone_guard.finding import Kind
    from nplusone_guard.lab.origin import Origin
    from nplusone_guard.lab.outcome import UnreadColumns, UnusedLookup
    from nplusone_guard.trace import QueryGroup


def reported(
    report: Report,
    groups: Mapping[Origin, QueryGroup],
    lookups: Iterable[UnusedLookup],
    columns: Iterable[UnreadColumns],
) -> Report:
    """The report with what is unused behind what it has; narrow columns are left out.

    ``groups``: those of the querysets, by origin.
    """
    more = [_of_lookup(each, groups[each.queryset]) for each in lookups]
    more += [_of_columns(each, groups[each.queryset]) for each in columns if each.code]
    assessment = report.assessment
    findings = (*assessment.findings, *more)
    return Report(lambda: replace(assessment, findings=findings)).finish()


def _of_lookup(lookup: UnusedLookup, group: QueryGroup) -> Finding:
    spared = max(1, lookup.before.queries - lookup.after.queries)
    named = f'"{lookup.path}"' if lookup.path else "what it joins without a name"
    columns = lookup.before.cells - lookup.after.cells
    what = "query" if lookup.method == "prefetch_related" else "join"
    return Finding(
        kind="unused_eager",
        id=_id("unused_eager", group, f"{lookup.method} {lookup.path}"),
        count=spared,
        group=group,
        severity="info",
        origin=lookup.origin or lookup.evaluated,
        path=lookup.path or None,
        root=group,
        fix=Fix(
            code="",
            explain=f"Take {named} out of {lookup.method}(): nothing reads what this {what} loads, "
            f"{columns} values in all.",
            where=lookup.origin,
            proven=_experiment(lookup),
        ),
    )


def _of_columns(columns: UnreadColumns, group: QueryGroup) -> Finding:
    if columns.origin is None and not columns.through:
        place = "Add it to the queryset evaluated there"
    elif columns.through:
        place = f'Write it in place of the lookup "{columns.through}"'
    elif columns.code.startswith("only("):
        place = "Write it in place of the only() of the queryset built there"
    else:
        place = "Add it to the queryset built there"
    wide = ", ".join(f"{each.name} {each.bytes:.0f}" for each in columns.wide)
    return Finding(
        kind="overfetch",
        id=_id("overfetch", group, columns.through),
        count=group.count,
        group=group,
        severity="info",
        origin=columns.origin or columns.evaluated,
        path=columns.through or None,
        root=group,
        fix=Fix(
            code=columns.code,
            explain=f"{place}: nothing reads what it leaves out. Bytes per row: {wide}.",
            where=columns.origin,
            proven=_experiment(columns),
        ),
    )


def _experiment(found: UnusedLookup | UnreadColumns) -> Experiment:
    return Experiment(
        "proven",
        getattr(found, "code", ""),
        found.before,
        found.after,
        "The same result without it, from no more queries.",
    )


def _id(kind: Kind, group: QueryGroup, what: str) -> str:
    text = f"{finding_id(kind, None, group)}\x1f{what}"
    return blake2b(text.encode(), digest_size=8).hexdigest()
