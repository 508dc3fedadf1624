"""Accepted findings: ``allow(...)`` with a reason and a date, and the comment on the line.

An allowance is in force for the queries that run while it is entered.  It never raises and hides
no query from the counts: it moves a matching finding from the report's ``findings`` to its
``suppressed``.  One that matched nothing, or whose date has passed, is reported as stale.
"""

from __future__ import annotations

import functools
import inspect
import linecache
import re
import sys
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from nplusone_guard.report.report import Suppressed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextvars import Token
    from types import TracebackType

    from nplusone_guard.finding import Finding
    from nplusone_guard.trace import CallSite, Trace


@dataclass(frozen=True, slots=True)
class Allowance:
    """A relation pattern that is accepted, why, and until when (inclusive).

    ``place`` says where it was declared: ``file:line``, or ``NPLUSONE_GUARD["ALLOW"]``.
    """

    relation: str
    reason: str
    until: date | None = None
    place: str = ""

    def expired(self, today: date) -> bool:
        """Whether its date has passed."""
        return self.until is not None and today > self.until

    def matches(self, finding: Finding) -> bool:
        """Whether it covers a finding; ``"*"`` covers those without a relation too."""
        if self.relation == "*":
            return True
        if finding.relation is None:
            return False
        patterns, parts = self.relation.split("."), finding.relation.split(".")
        return len(patterns) == len(parts) and all(map(fnmatchcase, parts, patterns))

    def __str__(self) -> str:
        return f'allow("{self.relation}") at {self.place}'


def allowance(*, relation: str, reason: str, until: str | date | None, place: str) -> Allowance:
    """A checked allowance.  Raises ``ValueError`` that says what each part takes."""
    if not isinstance(relation, str) or not relation.strip():
        raise ValueError('allow(relation=...) takes a pattern such as "orders.*.product" or "*".')
    if relation != "*" and relation.count(".") != 2:  # noqa: PLR2004
        raise ValueError(
            f"allow(relation={relation!r}): a relation has three parts, app.Model.field, each of "
            'which may be a shell pattern; a lone "*" covers everything.'
        )
    if not isinstance(reason, str) or not reason.strip():
        raise ValueError("allow(reason=...) can't be empty: say why it is accepted.")
    if isinstance(until, str):
        try:
            until = date.fromisoformat(until)
        except ValueError:
            raise ValueError(f'allow(until={until!r}) takes a date as "2027-06-30".') from None
    elif until is not None and not isinstance(until, date):
        raise ValueError(f'allow(until={until!r}) takes a date or text as "2027-06-30".')
    return Allowance(relation, reason.strip(), until, place)


_in_force: ContextVar[tuple[Allowance, ...]] = ContextVar("nplusone_guard_allow", default=())
#: The list of the active recorder to which allowances that are entered add themselves.
entered: ContextVar[list[Allowance] | None] = ContextVar("nplusone_guard_entered", default=None)


def allowances_in_force() -> tuple[Allowance, ...]:
    """Those entered in this context, outermost first."""
    return _in_force.get()


class allow:  # noqa: N801  used like a function
    """Accept findings: a context manager (``with``, ``async with``) and a decorator.

    ``relation``: a shell pattern for each of app, model and field (``"orders.*.product"``), or
    ``"*"`` for everything.  ``reason``: why; required.  ``until``: the last day it holds, as a
    date or ``"2027-06-30"``.  Raises ``ValueError`` where one of them is not so.

    As a decorator it takes functions, coroutine functions, generator functions of either kind,
    and view classes (it holds for ``dispatch``).
    """

    def __init__(self, *, relation: str, reason: str, until: str | date | None = None) -> None:
        caller = sys._getframe(1)  # noqa: SLF001
        self.allowance = allowance(
            relation=relation,
            reason=reason,
            until=until,
            place=f"{caller.f_code.co_filename}:{caller.f_lineno}",
        )
        self._tokens: list[Token[tuple[Allowance, ...]]] = []

    def __enter__(self) -> Allowance:
        self._tokens.append(_in_force.set((*_in_force.get(), self.allowance)))
        recorded = entered.get()
        if recorded is not None:
            recorded.append(self.allowance)
        return self.allowance

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _in_force.reset(self._tokens.pop())

    async def __aenter__(self) -> Allowance:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)

    def _again(self) -> allow:
        """A fresh context manager for one call: calls may overlap."""
        again = object.__new__(allow)
        again.allowance, again._tokens = self.allowance, []
        return again

    def __call__(self, target: Any) -> Any:
        if isinstance(target, type):
            dispatch = getattr(target, "dispatch", None)
            if dispatch is None:
                raise TypeError(
                    f"@allow on {target.__qualname__}: a class needs a dispatch() method, as "
                    "Django's and DRF's views have."
                )
            target.dispatch = self._wrapped(dispatch)  # type: ignore[attr-defined]
            return target
        return self._wrapped(target)

    def _wrapped(self, target: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.isasyncgenfunction(target):

            @functools.wraps(target)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self._again():
                    async for item in target(*args, **kwargs):
                        yield item
        elif inspect.iscoroutinefunction(target):

            @functools.wraps(target)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self._again():
                    return await target(*args, **kwargs)
        elif inspect.isgeneratorfunction(target):

            @functools.wraps(target)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self._again():
                    return (yield from target(*args, **kwargs))
        else:

            @functools.wraps(target)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self._again():
                    return target(*args, **kwargs)

        return wrapper


_COMMENT = re.compile(
    r"#\s*guard:\s*allow\[\s*(?P<relation>[^\],\s]+)\s*(?:,\s*until=(?P<until>[\d-]+)\s*)?\]"
    r"[ \t]*(?P<reason>[^#\n]*)"
)


def comment_allowances(site: CallSite | None) -> Iterator[Allowance]:
    """The allowances written on the lines of a place.

    ``# guard: allow[orders.OrderItem.product] reason``, with ``, until=2027-06-30`` inside the
    brackets where it ends some day.  One without a reason, or with a date that is none, is not
    valid and covers nothing.
    """
    if site is None:
        return
    for number in range(site.line, (site.end_line or site.line) + 1):
        for match in _COMMENT.finditer(linecache.getline(site.file, number)):
            try:
                yield allowance(**match.groupdict(), place=f"{site.file}:{number}")
            except ValueError:
                continue


def suppress(
    findings: Iterable[Finding], trace: Trace, configured: Iterable[Allowance], today: date
) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...], tuple[str, ...]]:
    """What is left of the findings, what is suppressed by which allowance, and what is stale.

    An allowance of the settings that matched nothing is not stale: it is meant for other requests.
    """
    configured = tuple(configured)
    kept: list[Finding] = []
    suppressed: list[Suppressed] = []
    used: set[Allowance] = set()
    seen: dict[Allowance, None] = dict.fromkeys(trace.allowances)
    for finding in findings:
        candidates = (
            *finding.group.allowances,
            *comment_allowances(finding.location),
            *configured,
        )
        matching = [candidate for candidate in candidates if candidate.matches(finding)]
        used.update(matching)
        seen.update(dict.fromkeys(candidates[: len(candidates) - len(configured)]))
        seen.update(dict.fromkeys(matching))
        valid = [candidate for candidate in matching if not candidate.expired(today)]
        if valid:
            suppressed.append(Suppressed(finding, valid[0]))
        else:
            kept.append(finding)
    stale = tuple(
        f"{candidate} expired on {candidate.until}: {candidate.reason}"
        if candidate.expired(today)
        else f"{candidate} matched nothing: {candidate.reason}"
        for candidate in seen
        if candidate.expired(today) or candidate not in used
    )
    return tuple(kept), tuple(suppressed), stale
