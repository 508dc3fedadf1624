"""Suppression: findings against allowances, and the allowances that comments on lines give."""

from __future__ import annotations

import linecache
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nplusone_guard.allow import Allowance, allowance, day
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


#: The id of a system check: what ``checks/`` looks for, and no business of a finding.
_CHECK = re.compile(r"(?:nplusone_guard\.)?[A-Z]\d{3}")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that allows something: a relation, or a system check by its id.

    ``fault``: what it lacks; it then covers nothing.
    """

    subject: str
    place: str
    reason: str = ""
    until: date | None = None
    fault: str | None = None

    @property
    def is_check(self) -> bool:
        """Whether it is meant for a system check."""
        return _CHECK.fullmatch(self.subject) is not None

    def allowance(self) -> Allowance | str:
        """What it allows of a relation; the line that says what it lacks, if it does."""
        if self.fault is None:
            try:
                return allowance(
                    relation=self.subject, reason=self.reason, until=self.until, place=self.place
                )
            except ValueError as error:
                fault = str(error)
        else:
            fault = self.fault
        return f"the comment at {self.place} covers nothing: {fault}"


def comments(file: str, first: int, last: int) -> Iterator[Comment]:
    """The comments ``# guard: allow[...] reason`` on the lines of a file."""
    for number in range(first, last + 1):
        for match in _COMMENT.finditer(linecache.getline(file, number)):
            yield _parsed(match["rest"], f"{file}:{number}")


def _parsed(rest: str, place: str) -> Comment:
    parts = _PARTS.fullmatch(rest.strip())
    if parts is None:
        return Comment("", place, fault=f"write it as {_FORM}")
    subject, reason = parts["relation"], parts["reason"].strip()
    if not reason:
        return Comment(subject, place, fault=f"it gives no reason; write it as {_FORM}")
    try:
        return Comment(subject, place, reason, day(parts["until"]))
    except ValueError as error:
        return Comment(subject, place, reason, fault=str(error))


def comment_allowances(site: CallSite | None) -> Iterator[Allowance | str]:
    """The allowances written on the lines of a place.

    ``# guard: allow[orders.OrderItem.product] reason``, with ``, until=2027-06-30`` inside the
    brackets where it ends some day.  One that is not so covers nothing; it is given as the line
    that says what it lacks.
    """
    if site is None:
        return
    for comment in comments(site.file, site.line, site.end_line or site.line):
        if not comment.is_check:
            yield comment.allowance()


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
