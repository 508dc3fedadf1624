"""What a test's requests showed, as properties of its test case in a JUnit file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nplusone_guard.report.json import finding_to_dict
from nplusone_guard.report.words import headline, place_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nplusone_guard.report import Report


def properties(reports: Iterable[Report]) -> list[tuple[str, str]]:
    """Names and values; none for a test that sent no request.

    Counts are sums over its requests, but for ``queries_max``, the most of one.  A finding has a
    property of its own, once, however many of the requests showed it.
    """
    seen = [report.assessment for report in reports]
    if not seen:
        return []
    counts = {
        "requests": len(seen),
        "queries": sum(each.trace.queries for each in seen),
        "queries_max": max(each.trace.queries for each in seen),
        "duplicates": sum(each.duplicates for each in seen),
        "rows": sum(each.trace.rows for each in seen),
        "findings": sum(len(each.findings) for each in seen),
    }
    named = [(f"query_guard.{name}", str(count)) for name, count in counts.items()]
    found: dict[str, None] = {}
    for finding in (finding for each in seen for finding in each.findings):
        shown = finding_to_dict(finding)
        place = place_name(shown["location"])
        found[f"{headline(shown)} at {place}" if place else headline(shown)] = None
    return [*named, *(("query_guard.finding", text) for text in sorted(found))]
