"""What each tool says of a request, read as it says it, in one form."""

from __future__ import annotations

import logging
import re
import warnings
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

#: Kinds of what is told that speak of repeated statements; the rest is told of one.
REPEATED = ("n_plus_one", "duplicate", "write_loop")


@dataclass(frozen=True)
class Told:
    """One thing that a tool says.

    ``model``: with or without its app, as said; ``field``: the accessor of the relation; ``line``:
    of ``file``; ``codes``: what to type, where it stands there to be typed; ``words``: as said.
    """

    kind: str
    model: str = ""
    field: str = ""
    file: str = ""
    line: int = 0
    codes: tuple[str, ...] = ()
    words: str = ""

    def plain(self) -> dict[str, Any]:
        return asdict(self)


# --- django-zeal ---

_ZEAL = re.compile(
    r"N\+1 detected on (?P<model>[\w.]+)\.(?P<field>[\w()]+) at (?P<file>.+):(?P<line>\d+) in"
)


def zeal(message: str) -> Told:
    """Of a warning: ``N+1 detected on shop.Order.customer at a.py:12 in name``."""
    found = _ZEAL.match(message)
    if found is None:
        return Told("other", words=message)
    field = "" if found["field"] == "get()" else found["field"]
    place = (found["file"], int(found["line"]))
    return Told("n_plus_one", found["model"], field, *place, words=message)


# --- nplusone and django-nplus1 ---

_LAZY = re.compile(
    r"Potential n\+1 query detected on `(?P<model>\w+)\.(?P<field>[\w()]+)`"
    r"(?: at (?P<file>.+):(?P<line>\d+) in)?"
)


def nplusone(message: str) -> Told:
    """Of a log line of either: ``Potential n+1 query detected on `Order.customer` at …``."""
    found = _LAZY.match(message)
    if found is None:
        return Told("unused_eager" if "eager" in message else "other", words=message)
    field = "" if found["field"] == "get()" else found["field"]
    place = (found["file"] or "", int(found["line"] or 0))
    return Told("n_plus_one", found["model"], field, *place, words=message)


# --- django-query-doctor ---

_KINDS = {
    "n_plus_one": "n_plus_one",
    "write_n_plus_one": "write_loop",
    "duplicate_query": "duplicate",
}
_CALL = re.compile(r"\.?\b((?:select|prefetch)_related\('\w+'\))")
_BULK = re.compile(r"\b\w+\.objects\.(?:bulk_\w+|in_bulk|filter)\([^)]*\)(?:\.\w+\(\))?")


def query_doctor(prescription: Any) -> Told:
    """Of a ``Prescription``."""
    place = prescription.callsite
    extra = prescription.extra
    words = prescription.fix_suggestion
    found = _CALL.search(words)
    bulk = _BULK.search(words)
    return Told(
        _KINDS.get(prescription.issue_type.value, prescription.issue_type.value),
        extra.get("model") or "",
        extra.get("field") or "",
        place.filepath if place else "",
        place.line_number if place else 0,
        (found[1].replace("'", '"'),) if found else (bulk[0],) if bulk else (),
        f"{prescription.description}. {words}",
    )


# --- django-query-guard ---


def query_guard(error: Any) -> Told:
    """Of its exception: a statement and how often; neither relation nor line."""
    return Told("n_plus_one", words=f"{error.count}x {error.pattern}")


# --- ours ---


def guard(finding: Any) -> Iterator[Told]:
    """Of a ``Finding``: a cause and what is nested in it; the fix is that of the cause."""
    for number, each in enumerate(finding.walk()):
        place = each.location
        model, _, field = (each.relation or "").rpartition(".")
        code = finding.fix.code if finding.fix and not number else ""
        yield Told(
            each.kind,
            model,
            field,
            place.file if place else "",
            place.line if place else 0,
            (code,) if code else (),
            finding.fix.explain if finding.fix and not number else "",
        )


kept: list[Any] = []


def keep(report: Any) -> None:
    """The reporter by which the guard's reports are got."""
    kept.append(report)


# --- Listening ---


@contextmanager
def _warned(told: list[Told]) -> Iterator[None]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    told += [zeal(str(each.message)) for each in caught if "N+1" in str(each.message)]


class _Listener(logging.Handler):
    def __init__(self, told: list[Told]) -> None:
        super().__init__(logging.DEBUG)
        self._told = told

    def emit(self, record: logging.LogRecord) -> None:
        self._told.append(nplusone(record.getMessage()))


def _logged(name: str) -> Callable[[list[Told]], AbstractContextManager[None]]:
    @contextmanager
    def listen(told: list[Told]) -> Iterator[None]:
        logger = logging.getLogger(name)
        handler = _Listener(told)
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            logger.removeHandler(handler)

    return listen


@contextmanager
def _diagnosed(told: list[Told]) -> Iterator[None]:
    from query_doctor.context_managers import diagnose_queries

    with diagnose_queries() as report:
        yield
    told += [query_doctor(each) for each in report.prescriptions]


@contextmanager
def _raised(told: list[Told]) -> Iterator[None]:
    from django_query_guard import NPlusOneQueryError
    from django_query_guard import query_guard as guarded

    try:
        with guarded():
            yield
    except NPlusOneQueryError as error:
        told.append(query_guard(error))


@contextmanager
def _reported(told: list[Told]) -> Iterator[None]:
    kept.clear()
    yield
    told += [each for report in kept for finding in report.findings for each in guard(finding)]


#: By the name of the tool: a context manager that adds what is told within it to a list.
LISTENING: dict[str, Callable[[list[Told]], AbstractContextManager[None]]] = {
    "nplusone_guard": _reported,
    "zeal": _warned,
    "nplusone": _logged("nplusone"),
    "django-nplus1": _logged("django_nplus1"),
    "query-doctor": _diagnosed,
    "query-guard": _raised,
}
