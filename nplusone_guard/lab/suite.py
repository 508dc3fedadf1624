"""Over a whole suite: what no request of any test needed.

Each ``GET`` of a Django or DRF test client is run again without what it loads ahead, once its test
has the response.  What one request needs is never tried again, so that a suite soon tries only
what nobody has needed so far.  To watch attributes instead would be cheaper, and a guess: a column
that is loaded lies in the instance's ``__dict__``, where reading it calls nothing.

A request whose runs can't be compared counts as one that needs all that it loads.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.test.client import Client

from nplusone_guard.advise.built import built
from nplusone_guard.capture.scope import active
from nplusone_guard.errors import LabRefused
from nplusone_guard.lab.ablate import examine
from nplusone_guard.lab.bench import Bench
from nplusone_guard.lab.origin import origin_of
from nplusone_guard.lab.removals import path_of
from nplusone_guard.lab.seen import Watch, leaves
from nplusone_guard.lab.session import in_session
from nplusone_guard.report.place import shown_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nplusone_guard.lab.ablate import Examined
    from nplusone_guard.lab.removals import Removal
    from nplusone_guard.lab.seen import Seen
    from nplusone_guard.trace import QueryGroup

logger = logging.getLogger("nplusone_guard")

_ERROR = 400
_COLUMN = "column"

#: Model, place, prefetch, method (or ``column``) and path of what is loaded.
Key = tuple[str, str, str, str, str]


@dataclass(slots=True)
class Entry:
    """What is known of one eager load or column.

    ``needed``: whether a request needs it; ``requests``: how many did not.  ``queries`` and
    ``cells``: the most that one of them would have saved; ``bytes``: per row, of a column.
    """

    needed: bool = False
    requests: int = 0
    queries: int = 0
    cells: int = 0
    bytes: float = 0.0


@dataclass(slots=True)
class Ledger:
    """What all requests so far needed of what they loaded.

    ``requests``: how many were looked at; ``unjudged``: why some could not be, with their number.
    """

    entries: dict[Key, Entry] = field(default_factory=dict)
    requests: int = 0
    unjudged: dict[str, int] = field(default_factory=dict)
    wide: int = 100

    # -- what need not be tried, as ablate.examine() asks --------------------------------------

    def lookups(self, seen: Seen, group: QueryGroup) -> set[Removal]:
        """Eager loads that a request needed."""
        found = {(method, path) for method, path in _loaded(seen) if method != _COLUMN}
        return {each for each in found if self._is_needed(_key(seen, group, *each))}

    def columns(self, seen: Seen, group: QueryGroup) -> set[str]:
        """Columns that a request needed."""
        names = (path for method, path in _loaded(seen) if method == _COLUMN)
        return {name for name in names if self._is_needed(_key(seen, group, _COLUMN, name))}

    def _is_needed(self, key: Key) -> bool:
        entry = self.entries.get(key)
        return entry is not None and entry.needed

    # -- what a request showed -----------------------------------------------------------------

    def take(self, examined: Examined) -> None:
        """Take what one request showed of one queryset."""
        seen, group = examined.seen, examined.group
        idle: dict[tuple[str, str], tuple[int, int, float]] = {}
        for lookup in examined.lookups:
            saved = lookup.before.queries - lookup.after.queries
            cells = lookup.before.cells - lookup.after.cells
            idle[lookup.method, lookup.path] = (saved, cells, 0.0)
        for column in examined.columns.columns if examined.columns is not None else ():
            idle[_COLUMN, column.name] = (0, seen.rows, column.bytes)
        for method, path in _loaded(seen):
            if method == "select_related" and path and not seen.joined.get(path):
                continue  # no row had an object there: that says nothing
            if method == _COLUMN and any(
                path.startswith(f"{lookup.path}__") for lookup in examined.lookups
            ):
                continue  # of a join that is idle as a whole
            entry = self.entries.setdefault(_key(seen, group, method, path), Entry())
            if (method, path) not in idle:
                entry.needed = True
                continue
            queries, cells, size = idle[method, path]
            entry.requests += 1
            entry.queries = max(entry.queries, queries)
            entry.cells = max(entry.cells, cells)
            entry.bytes = max(entry.bytes, size)

    def take_all_as_needed(self, watch: Watch, groups: Mapping[Any, QueryGroup]) -> None:
        """Of a request that can't be judged: all that it loads may be needed."""
        for seen in watch.seen.values():
            group = groups.get(seen.origin)
            for method, path in _loaded(seen) if group is not None else ():
                self.entries.setdefault(_key(seen, group, method, path), Entry()).needed = True

    def unused(self) -> list[tuple[Key, Entry]]:
        """What no request needed, the dearest first; narrow columns left out."""
        found = [
            (key, entry)
            for key, entry in self.entries.items()
            if entry.requests
            and not entry.needed
            and (key[3] != _COLUMN or entry.bytes >= self.wide)
        ]
        return sorted(found, key=lambda each: (-each[1].queries, -each[1].cells, each[0]))

    # -- between processes -----------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Plain data."""
        entries = [[list(key), asdict(entry)] for key, entry in self.entries.items()]
        return {"entries": entries, "requests": self.requests, "unjudged": self.unjudged}

    def merge(self, dumped: Mapping[str, Any]) -> None:
        """Take in what another process saw."""
        self.requests += dumped["requests"]
        for reason, number in dumped["unjudged"].items():
            self.unjudged[reason] = self.unjudged.get(reason, 0) + number
        for parts, values in dumped["entries"]:
            model, place, through, method, path = parts
            key = (model, place, through, method, path)
            other = Entry(**values)
            own = self.entries.get(key)
            self.entries[key] = other if own is None else _sum(own, other)


def _sum(own: Entry, other: Entry) -> Entry:
    return replace(
        own,
        needed=own.needed or other.needed,
        requests=own.requests + other.requests,
        queries=max(own.queries, other.queries),
        cells=max(own.cells, other.cells),
        bytes=max(own.bytes, other.bytes),
    )


def _key(seen: Seen, group: QueryGroup | None, method: str, path: str) -> Key:
    """By the place where the queryset is built: several views may show it."""
    site = (built(group) or group.site) if group is not None else None
    place = ""
    if site is not None:
        place = f"{shown_path(site.file)}:{site.line} in {site.function}"
    return seen.model._meta.label, place, seen.through, method, path  # noqa: SLF001


def _loaded(seen: Seen) -> Iterator[tuple[str, str]]:
    """All that a queryset loads: each relation on a path, each column."""
    if seen.selected is True:
        yield "select_related", ""
    for path in _starts(leaves(seen.selected)):
        yield "select_related", path
    for path in _starts(_lookups(seen.lookups)):
        yield "prefetch_related", path
    for name in seen.columns:
        if name not in seen.keys:
            yield _COLUMN, name


def _lookups(lookups: Any, before: str = "") -> Iterator[str]:
    for lookup in lookups:
        own = f"{before}{path_of(lookup)}"
        yield own
        inner = getattr(lookup, "queryset", None)
        if inner is not None:
            yield from _lookups(inner._prefetch_related_lookups, f"{own}__")  # noqa: SLF001


def _starts(paths: Any) -> list[str]:
    """The paths, and those that lead to them."""
    found: dict[str, None] = {}
    for path in paths:
        names = path.split("__")
        found.update(dict.fromkeys("__".join(names[: end + 1]) for end in range(len(names))))
    return list(found)


# --- The requests of test clients ---


@contextmanager
def examined_requests(ledger: Ledger) -> Iterator[None]:
    """Look at each ``GET`` of a test client in the block."""
    original = Client.request

    def request(client: Any, **given: Any) -> Any:
        environ = client._base_environ(**given)  # noqa: SLF001  before the response's cookies
        response = original(client, **given)
        if (
            environ.get("REQUEST_METHOD") == "GET"
            and response.status_code < _ERROR
            and not response.streaming
            and not in_session()
        ):
            try:
                _examine(ledger, client.handler, environ)
            except LabRefused as refused:
                ledger.unjudged[str(refused)] = ledger.unjudged.get(str(refused), 0) + 1
            except Exception:
                logger.exception("The lab could not look at GET %s.", environ.get("PATH_INFO"))
        return response

    Client.request = request  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Client.request = original  # type: ignore[method-assign]


def _examine(ledger: Ledger, handler: Any, environ: dict[str, Any]) -> None:
    watch = Watch()
    with _unnoticed():
        bench = Bench(
            lambda: handler(dict(environ)),
            name="--query-guard-lab",
            label=f"GET {environ.get('PATH_INFO')}",
            equal=None,
            safe=True,
            allow_debug_off=False,
            allow_this_database=False,
        )
        try:
            before, unstable = bench.unchanged(watch.note)
        except LabRefused as refused:
            before = bench.run({}, watch.note)
            unstable = str(refused).partition(". ")[0]
        ledger.requests += 1
        if unstable:
            reason = unstable.partition(":\n")[0]
            ledger.unjudged[reason] = ledger.unjudged.get(reason, 0) + 1
            groups = {origin_of(group): group for group in before.report.groups}
            ledger.take_all_as_needed(watch, groups)
            return
        for examined in examine(bench, before, watch, wide=ledger.wide, runs=0, known=ledger):
            ledger.take(examined)


@contextmanager
def _unnoticed() -> Iterator[None]:
    """Keep the runs out of what the test counts: ``assertNumQueries()``, an open trace."""
    token = active.set(None)
    logged = [(each, each.force_debug_cursor) for each in connections.all(initialized_only=True)]
    for connection, _ in logged:
        connection.force_debug_cursor = False
    try:
        yield
    finally:
        for connection, before in logged:
            connection.force_debug_cursor = before
        active.reset(token)
