"""Accepted findings: ``allow(...)`` with a reason and a date.

An allowance is in force for the queries that run while it is entered.  It never raises and hides
no query from the counts: it moves a matching finding from the report's ``findings`` to its
``suppressed`` (``suppress.py``).
"""

from __future__ import annotations

import functools
import inspect
import sys
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

    from nplusone_guard.finding import Finding


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
        return self.covers(finding.relation)

    def covers(self, relation: str | None) -> bool:
        """Whether it covers a relation, or what has none."""
        if self.relation == "*":
            return True
        if relation is None:
            return False
        patterns, parts = self.relation.split("."), relation.split(".")
        return len(patterns) == len(parts) and all(map(fnmatchcase, parts, patterns))

    def __str__(self) -> str:
        return f'allow("{self.relation}") at {self.place}'


def allowance(
    *, relation: str, reason: str | None, until: str | date | None, place: str
) -> Allowance:
    """A checked allowance.  Raises ``ValueError`` that names the argument and what it takes."""
    if not isinstance(relation, str) or not relation.strip():
        raise ValueError(
            f'relation={relation!r}: it takes a pattern such as "orders.*.product", or "*"'
        )
    if relation != "*" and relation.count(".") != 2:  # noqa: PLR2004
        raise ValueError(
            f"relation={relation!r}: a relation has three parts, app.Model.field, each of which "
            'may be a shell pattern; a lone "*" covers everything'
        )
    if not isinstance(reason, str) or not reason.strip():
        raise ValueError(f"reason={reason!r}: say why it is accepted")
    return Allowance(relation, reason.strip(), day(until), place)


def day(until: str | date | None) -> date | None:
    """The last day; raises ``ValueError`` for what is none."""
    if isinstance(until, datetime):  # a date too, but one that no date can be compared with
        return until.date()
    if until is None or isinstance(until, date):
        return until
    try:
        return date.fromisoformat(until)
    except (TypeError, ValueError):
        raise ValueError(f'until={until!r}: it takes a date, or text as "2027-06-30"') from None


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

    As a decorator it takes functions, coroutine functions, generator functions of either kind
    (it holds while they run, not while they wait to be asked for the next item), and view classes
    (it holds for ``dispatch``).  A template response that a view returns is covered too.
    """

    def __init__(self, *, relation: str, reason: str, until: str | date | None = None) -> None:
        caller = sys._getframe(1)  # noqa: SLF001
        self.allowance = allowance(
            relation=relation,
            reason=reason,
            until=until,
            place=f"{caller.f_code.co_filename}:{caller.f_lineno}",
        )

    def __enter__(self) -> Allowance:
        _in_force.set((*_in_force.get(), self.allowance))
        recorded = entered.get()
        if recorded is not None and self.allowance not in recorded:
            recorded.append(self.allowance)
        return self.allowance

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Not a token: blocks of tasks and generators overlap and may end in another context.
        others = list(_in_force.get())
        if self.allowance in others:
            others.reverse()
            others.remove(self.allowance)
            _in_force.set(tuple(reversed(others)))

    async def __aenter__(self) -> Allowance:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)

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
                generator = target(*args, **kwargs)
                step, value = generator.asend, None
                try:
                    while True:
                        with self:
                            item = await step(value)
                        try:
                            step, value = generator.asend, (yield item)
                        except GeneratorExit:
                            raise
                        except BaseException as error:  # noqa: BLE001  whatever is thrown in
                            step, value = generator.athrow, error
                except StopAsyncIteration:
                    return
                finally:
                    with self:
                        await generator.aclose()
        elif inspect.iscoroutinefunction(target):

            @functools.wraps(target)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                return await self._awaited(target(*args, **kwargs))
        elif inspect.isgeneratorfunction(target):

            @functools.wraps(target)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                generator = target(*args, **kwargs)
                step, value = generator.send, None
                try:
                    while True:
                        with self:
                            item = step(value)
                        try:
                            step, value = generator.send, (yield item)
                        except GeneratorExit:
                            raise
                        except BaseException as error:  # noqa: BLE001  whatever is thrown in
                            step, value = generator.throw, error
                except StopIteration as end:
                    return end.value
                finally:
                    with self:
                        generator.close()
        else:

            @functools.wraps(target)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self:
                    result = target(*args, **kwargs)
                # An asynchronous view's dispatch() is a plain function that gives a coroutine.
                return self._awaited(result) if inspect.iscoroutine(result) else self._late(result)

        wrapper.allowance = self.allowance  # type: ignore[attr-defined]  # for the system checks
        return wrapper

    async def _awaited(self, running: Coroutine[Any, Any, Any]) -> Any:
        with self:
            result = await running
        return self._late(result)

    def _late(self, result: Any) -> Any:
        """A result whose rendering is covered too, if it is a template response.

        Django renders it after the view has returned.
        """
        render = getattr(result, "render", None)
        if callable(render) and getattr(result, "is_rendered", True) is False:

            def covered() -> Any:
                del result.render  # before anything pickles the response
                with self:
                    return render()

            result.render = covered
        return result
