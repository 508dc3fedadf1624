"""Growth as text: the counts at each size, their order, and what grew with its fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nplusone_guard.report.console import MOST_FINDINGS, WIDTH, lines
from nplusone_guard.report.report import Assessment
from nplusone_guard.report.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nplusone_guard.suite.growth import Grown, Growth


def render_growth(growth: Growth) -> str:
    """The text that a failure shows, without a line break at its end."""
    return "\n".join(_lines(growth))


def _lines(growth: Growth) -> Iterator[str]:
    yield f"{safe(growth.label)}  {_verdict(growth)}"
    table = {"size": growth.sizes, "queries": growth.queries, "rows read": growth.rows}
    width = max(len(str(number)) for numbers in table.values() for number in numbers)
    for name, numbers in table.items():
        yield f"  {name:<9}  {'  '.join(f'{number:>{width}}' for number in numbers)}"
    if growth.grown:
        yield f"  {_sureness(growth)}"
    for grown in growth.grown[:MOST_FINDINGS]:
        yield from _grown(grown)
    more = len(growth.grown) - MOST_FINDINGS
    if more > 0:
        yield f"  and {more} more that grew"


def _verdict(growth: Growth) -> str:
    if not growth.grown:
        return "queries do not grow with the data"
    return f"queries grow with the data, {growth.order}"


def _sureness(growth: Growth) -> str:
    off, sizes = growth.order.off, len(growth.sizes)
    if off is None:
        largest = growth.sizes[-1]
        more = largest * (4 if largest <= 10 else 2)  # noqa: PLR2004  what is still quick to make
        tried = ", ".join(map(str, (*growth.sizes, more)))
        return f"Two sizes only hint at the order; sizes=({tried}) would show it."
    if growth.order.kind == "less":
        return f"No line fits the {sizes} sizes: the first rows cost more than the last."
    if off < 0.5:  # noqa: PLR2004  a rounded query
        return f"All {sizes} sizes fit."
    rounded = round(off)
    queries = f"{rounded} quer{'y' if rounded == 1 else 'ies'}"
    return f"The {sizes} sizes fit to within {queries}: take the order as a rough one."


def _grown(grown: Grown) -> Iterator[str]:
    finding = grown.finding
    access = finding.group.access
    head = "  " + " → ".join(map(str, grown.counts))
    head += f"  {safe(finding.relation or (access.model if access else None) or 'raw SQL')}"
    if access is not None and access.operation != "raw":
        head += f"  {access.operation}"
    yield head
    alone = Assessment(trace=grown.report.trace, findings=(finding,))
    for line in list(lines(alone, WIDTH))[2:]:  # its own head says what the last run did
        yield line.plain
    if grown.places > 1:
        others = grown.places - 1
        yield f"      from  {others} other place{'s' if others > 1 else ''} too"
