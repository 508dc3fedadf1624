"""What a scan saw, as frozen data; ``to_dict`` is its JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

VERSION = 1
_LISTS = ("sizes", "queries", "rows", "findings", "roots")


@dataclass(frozen=True, slots=True)
class Saved:
    """The cheapest proven set of fixes, and the queries before and after.

    ``fixes``: dicts with ``code`` and ``where``, the place to add it to, ``None`` if not known.
    """

    fixes: tuple[dict[str, Any], ...]
    before: int
    after: int

    @property
    def codes(self) -> list[str]:
        """What to add, each text once."""
        return list(dict.fromkeys(each["code"] for each in self.fixes))


@dataclass(frozen=True, slots=True)
class Visit:
    """One route as one kind of user, at each size.

    ``sizes``: rows made for it.  ``queries`` and ``rows``: at each size.  ``order``: how queries
    grow.  ``grows``: whether they do.  ``findings``: of the largest size, as the report's JSON has
    them, with what experiments showed of their fixes.  ``doubt``: why a clean result proves
    nothing.  ``unproven``: why no experiment was made.  ``roots``: where its querysets are built.
    """

    route: str
    user: str
    status: int
    sizes: tuple[int, ...]
    queries: tuple[int, ...]
    rows: tuple[int, ...]
    order: str
    grows: bool
    findings: tuple[dict[str, Any], ...] = ()
    saved: Saved | None = None
    doubt: str = ""
    unproven: str = ""
    roots: tuple[dict[str, Any], ...] = ()

    @property
    def wrong(self) -> int:
        """How many errors were found, growth without one included."""
        errors = sum(finding["severity"] == "error" for finding in self.findings)
        return errors or int(self.grows)

    @classmethod
    def load(cls, given: dict[str, Any]) -> Visit:
        """A visit from its plain data."""
        saved = given["saved"]
        lists = {name: tuple(given[name]) for name in _LISTS}
        if saved is not None:
            saved = Saved(tuple(saved["fixes"]), saved["before"], saved["after"])
        return cls(**{**given, **lists, "saved": saved})


@dataclass(frozen=True, slots=True)
class Unreached:
    """A route that was not measured, why, and what helps."""

    route: str
    reason: str
    help: str = ""


@dataclass(slots=True)
class Scan:
    """All of it.

    ``left_out``: routes that were not wanted, and why.  ``incomplete``: what could not be made of
    the data, by model.
    """

    visits: list[Visit] = field(default_factory=list)
    unreached: list[Unreached] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    incomplete: dict[str, str] = field(default_factory=dict)

    def worst(self, place: dict[str, Any] | None = None) -> list[Visit]:
        """One visit a route: the user's for whom most is wrong, the worst first.

        ``place``: of those alone that build a queryset there.
        """
        best: dict[str, Visit] = {}
        for visit in self.visits:
            if place is not None and place not in visit.roots:
                continue
            known = best.get(visit.route)
            if known is None or _badness(visit) > _badness(known):
                best[visit.route] = visit
        return sorted(best.values(), key=lambda each: (*(-x for x in _badness(each)), each.route))

    def files(self) -> set[str]:
        """The files that proven fixes are to be typed into."""
        fixes = (fix for each in self.visits if each.saved for fix in each.saved.fixes)
        return {fix["where"]["file"] for fix in fixes if fix["where"] is not None}

    def to_dict(self) -> dict[str, Any]:
        """The JSON of a scan, version 1."""
        return {
            "version": VERSION,
            "endpoints": [asdict(each) for each in self.visits],
            "unreached": [asdict(each) for each in self.unreached],
            "left_out": dict(sorted(self.left_out.items())),
            "incomplete": dict(sorted(self.incomplete.items())),
        }


def _badness(visit: Visit) -> tuple[int, int]:
    return visit.wrong, visit.queries[-1]
