"""Whether a call saw anything of the data that grew: equal counts prove nothing if it did not."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nplusone_guard.shape import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nplusone_guard.report import Report

#: The status codes of a redirection, and from where on one says that the request failed.
_REDIRECTED, _FAILED = 300, 400

_ALLOW = "allow_unread=True accepts that."


@dataclass(frozen=True, slots=True)
class Sample:
    """One size: what ``grow`` and ``call`` did.

    ``answer``: what tells the results of two sizes apart: the body of a response, a
    text or number, how many elements a list has; ``None`` where nothing is known of it.
    ``status``: that of a response.  ``unread``: what the call returned without reading it.
    ``leads``: where a response redirects to.
    """

    size: int
    report: Report
    written: frozenset[str]
    answer: object = None
    status: int | None = None
    unread: str | None = None
    leads: str | None = None


def sample(size: int, grown: Report, called: Report, result: Any) -> Sample:
    """What is kept of one size; ``result`` itself may hold rows that are rolled back."""
    status = getattr(result, "status_code", None)
    leads = None
    if isinstance(status, int) and _REDIRECTED <= status < _FAILED:
        leads = str(getattr(result, "url", "")).partition("?")[0] or None
    unread = _unread(result)
    return Sample(
        size=size,
        report=called,
        written=frozenset().union(*map(_tables, _texts(grown, _WRITES))),
        answer=None if unread else _answer(result),
        status=status if isinstance(status, int) else None,
        unread=unread,
        leads=leads,
    )


def doubt(samples: Sequence[Sample]) -> str | None:
    """Why the samples prove nothing, as a line or more; ``None`` where they prove something."""
    failed = [each for each in samples if each.status is not None and each.status >= _FAILED]
    if failed:
        told = ", ".join(f"{each.status} at size {each.size}" for each in failed)
        return (
            f"the call answered {told}.\n"
            "An error page reads little of the data. To measure one, return nothing from call."
        )
    return next((_lazy(each.unread) for each in samples if each.unread), None)


def unseen(samples: Sequence[Sample]) -> str | None:
    """Why the call seems not to have read what ``grow`` made; ``None`` where it has."""
    sizes = ", ".join(str(each.size) for each in samples)
    if not any(each.report.queries for each in samples):
        return (
            f"the call ran no query at any size ({sizes}).\n"
            "Does a cache answer, or does something lazy wait to be read?\n"
            f"{_ALLOW}"
        )
    if _saw(samples):
        return None
    written = frozenset().union(*(each.written for each in samples))
    read = frozenset().union(
        *(_tables(text) for each in samples for text in _texts(each.report, _ALL))
    )
    rows = samples[-1].report.rows
    same = f"the call read {rows} row{'' if rows == 1 else 's'} at each size ({sizes})"
    if not written:
        why = "grow wrote nothing to a database; were its rows saved?"
    elif written & read:
        names = _named(written & read)
        why = f"It reads {names}, but nothing of what grow made.\nDoes a filter or a page hide it?"
    else:
        why = f"grow wrote {_named(written)}; the call read {_named(read)}."
    leads = next((each.leads for each in samples if each.leads), None)
    if leads:
        why += f"\nIt was redirected to {leads}."
    return f"{same}.\n{why}\n{_ALLOW}"


def _saw(samples: Sequence[Sample]) -> bool:
    first, *others = samples
    if any(
        (each.report.queries, each.report.rows) != (first.report.queries, first.report.rows)
        for each in others
    ):
        return True
    written = frozenset().union(*(each.written for each in samples))
    groups = [
        group
        for each in samples
        for group in each.report.groups
        if written & fold(group.shape.text).tables
    ]
    if any(
        group.operation in _WRITES or (group.limit and group.rows >= group.limit * group.count)
        for group in groups
    ):
        return True  # it changed them, or read a full page of them
    if first.answer is not None:
        return any(each.answer != first.answer for each in others)
    return any(group.rows for group in groups)  # one row may count them all


_WRITES = frozenset({"insert", "update", "delete"})
_ALL = frozenset({"select", "other", *_WRITES})


def _texts(report: Report, operations: Iterable[str]) -> list[str]:
    return [group.shape.text for group in report.groups if group.operation in operations]


def _tables(text: str) -> frozenset[str]:
    return fold(text).tables


_MOST_NAMED = 6


def _named(tables: Iterable[str]) -> str:
    names = sorted(tables)
    more = len(names) - _MOST_NAMED
    if more > 0:
        names[_MOST_NAMED:] = [f"{more} more"]
    return ", ".join(names) or "no table"


def _answer(result: Any) -> object:
    if isinstance(getattr(result, "status_code", None), int):
        return getattr(result, "content", None) or None  # a stream has none
    if isinstance(result, (str, bytes, int, float)) and not isinstance(result, bool):
        return result  # True says no more than that it went well
    if isinstance(result, (list, tuple, set, frozenset)):
        return len(result)
    return None


def _unread(result: Any) -> str | None:
    """The name of a result that has yet to run its queries."""
    from django.db.models import QuerySet  # noqa: PLC0415

    if isinstance(result, QuerySet):
        return f"a {type(result).__name__}" if result._result_cache is None else None  # noqa: SLF001
    if inspect.isgenerator(result) or inspect.isasyncgen(result):
        return "a generator"
    return None


def _lazy(what: str | None) -> str:
    return (
        f"the call returned {what}, whose queries had not run.\n"
        "Read it in call: return list(...) of it."
    )
