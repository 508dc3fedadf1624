"""Suppression: findings against allowances, and the allowances that comments on lines give."""

from __future__ import annotations

import linecache
import re
from typing import TYPE_CHECKING

from nplusone_guard.allow import Allowance, allowance
from nplusone_guard.report.report import Suppressed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from nplusone_guard.finding import Finding
    from nplusone_guard.trace import CallSite, Trace

#: A ``#`` ends the reason, unless it is a ticket's (``#42``): another comment follows.
_COMMENT = re.compile(r"#\s*guard:\s*allow\b(?P<rest>(?:[^#\n]|#(?=\d))*)")
_PARTS = re.compile(
    r"\[\s*(?P<relation>[^\],\s]+)\s*(?:,\s*until\s*=\s*(?P<until>[^\],\s]+)\s*)?\]"
    r"(?P<reason>.*)"
)
_FORM = "# guard: allow[app.Model.field] reason"


def comment_allowances(site: CallSite | None) -> Iterator[Allowance | str]:
    """The allowances written on the lines of a place.

    ``# guard: allow[orders.OrderItem.product] reason``, with ``, until=2027-06-30`` inside the
    brackets where it ends some day.  One that is not so covers nothing; it is given as the line
    that says what it lacks.
    """
    if site is None:
        return
    for number in range(site.line, (site.end_line or site.line) + 1):
        for match in _COMMENT.finditer(linecache.getline(site.file, number)):
            place = f"{site.file}:{number}"
            try:
                yield _parsed(match["rest"], place)
            except ValueError as error:
                yield f"the comment at {place} covers nothing: {error}"


def _parsed(rest: str, place: str) -> Allowance:
    parts = _PARTS.fullmatch(rest.strip())
    if parts is None:
        raise ValueError(f"write it as {_FORM}")
    reason = parts["reason"].strip()
    if not reason:
        raise ValueError(f"it gives no reason; write it as {_FORM}")
    return allowance(relation=parts["relation"], reason=reason, until=parts["until"], place=place)


def suppress(
    findings: Iterable[Finding], trace: Trace, configured: Iterable[Allowance], today: date
) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...], tuple[str, ...]]:
    """What is left of the findings, what is suppressed by which allowance, and what is stale.

    Stale is what matched nothing, has expired, or is a comment that is not valid.  An allowance of
    the settings that matched nothing is not: it is meant for other requests.
    """
    configured = tuple(configured)
    kept: list[Finding] = []
    suppressed: list[Suppressed] = []
    used: set[Allowance] = set()
    seen: dict[Allowance | str, None] = dict.fromkeys(trace.allowances)
    for finding in findings:
        covers: list[Allowance | None] = []
        for place in finding.walk():
            own = (*place.group.allowances, *comment_allowances(place.location))
            matching = [
                each
                for each in (*own, *configured)
                if isinstance(each, Allowance) and each.matches(place)
            ]
            used.update(matching)
            seen.update(dict.fromkeys((*own, *matching)))
            covers.append(next((each for each in matching if not each.expired(today)), None))
        # A duplicate whose later places are all accepted is left with asking once.
        cover = covers[0] or (finding.count == 1 and all(covers[1:]) and covers[-1])
        if cover:
            suppressed.append(Suppressed(finding, cover))
        else:
            kept.append(finding)
    stale = (_staleness(each, used, today) for each in seen)
    return tuple(kept), tuple(suppressed), tuple(line for line in stale if line is not None)


def _staleness(each: Allowance | str, used: set[Allowance], today: date) -> str | None:
    if isinstance(each, str):
        return each
    if each.expired(today):
        return f"{each} expired on {each.until}: {each.reason}"
    return None if each in used else f"{each} matched nothing: {each.reason}"
