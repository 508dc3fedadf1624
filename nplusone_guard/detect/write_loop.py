"""Write loop: rows written one statement at a time, where one statement could write them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nplusone_guard.detect.legitimate import lists_a_batch
from nplusone_guard.finding import Finding, finding_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nplusone_guard.detect.options import Options
    from nplusone_guard.trace import QueryGroup, Trace

_WRITES = frozenset({"insert", "update", "delete"})
#: Methods of a queryset that may be given a batch; those of a relation are called per instance.
_OF_BATCHES = frozenset({"update", "delete", "bulk_create", "bulk_update"})


def write_loop(trace: Trace, options: Options) -> Iterator[Finding]:
    """``save()``, ``create()``, ``update()`` or ``delete()`` in a loop."""
    calls: dict[object, QueryGroup] = {}
    for group in trace.groups:
        # What a delete() brings with it goes by the statement that it begins with.
        first = calls.setdefault(place(group), group)
        if takes_batches(group) and lists_a_batch(first):
            continue
        if group.operation in _WRITES and group.excuse is None and group.calls >= options.threshold:
            yield Finding(
                kind="write_loop",
                id=finding_id("write_loop", trace.route, group),
                count=group.count,
                group=group,
                severity="warning",
            )


def place(group: QueryGroup) -> object:
    """What the statements of one call of the ORM have in common."""
    method = group.access.method if group.access is not None else None
    return group.database, group.path or group.site, group.field, method


def takes_batches(group: QueryGroup) -> bool:
    """Whether it was run by a method that may write a batch."""
    method = group.access.method if group.access is not None else None
    return method in _OF_BATCHES or (method or " ")[1:] in _OF_BATCHES  # the asynchronous twin
