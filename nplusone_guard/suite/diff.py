"""What changed from one run to another: findings by their id, endpoints by their queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from nplusone_guard.report.words import total

_SEVERITIES = ("info", "warning", "error")


class Change(NamedTuple):
    """A finding, or an endpoint, of both runs."""

    base: dict[str, Any]
    head: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """Findings of the head run against those of the base run, each in the order of its run.

    ``gone``: not met again, though their endpoint was requested; ``unvisited``: the endpoint was
    not.  ``worse`` and ``better``: of higher or lower severity, else by the queries that a fix
    saves, else by how often it runs.  ``accepted``: new or worse, but in the head's baseline.
    ``rose`` and ``fell``: endpoints whose worst request has more or fewer queries.
    """

    new: tuple[dict[str, Any], ...] = ()
    worse: tuple[Change, ...] = ()
    better: tuple[Change, ...] = ()
    gone: tuple[dict[str, Any], ...] = ()
    unvisited: tuple[dict[str, Any], ...] = ()
    accepted: tuple[dict[str, Any], ...] = ()
    rose: tuple[Change, ...] = ()
    fell: tuple[Change, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no finding is new or worse; an endpoint that rose alone is no finding."""
        return not self.new and not self.worse


def difference(base: dict[str, Any], head: dict[str, Any]) -> Difference:
    """Compare two runs, as ``Run.to_dict()`` gives them."""
    before = {finding["id"]: finding for finding in base["findings"]}
    after = {finding["id"]: finding for finding in head["findings"]}
    visited = {_key(endpoint) for endpoint in head["endpoints"]}
    lost = [finding for key, finding in before.items() if key not in after]
    both = [Change(before[key], finding) for key, finding in after.items() if key in before]
    fresh = [finding for key, finding in after.items() if key not in before]
    worse = [change for change in both if _weight(change.head) > _weight(change.base)]
    endpoints = {_key(endpoint): endpoint for endpoint in base["endpoints"]}
    moved = [
        Change(endpoints[_key(endpoint)], endpoint)
        for endpoint in head["endpoints"]
        if _key(endpoint) in endpoints
    ]
    return Difference(
        new=tuple(finding for finding in fresh if not finding["known"]),
        worse=tuple(change for change in worse if not change.head["known"]),
        better=tuple(change for change in both if _weight(change.head) < _weight(change.base)),
        gone=tuple(finding for finding in lost if _key(finding) in visited),
        unvisited=tuple(finding for finding in lost if _key(finding) not in visited),
        accepted=tuple(
            finding for finding in (*fresh, *(change.head for change in worse)) if finding["known"]
        ),
        rose=tuple(change for change in moved if _most(change.head) > _most(change.base)),
        fell=tuple(change for change in moved if _most(change.head) < _most(change.base)),
    )


def _key(part: dict[str, Any]) -> tuple[Any, Any]:
    return part["method"] or None, part["route"] or None


def _weight(finding: dict[str, Any]) -> tuple[int, int, int]:
    return _SEVERITIES.index(finding["severity"]), finding["wasted"], total(finding)


def _most(endpoint: dict[str, Any]) -> int:
    most: int = endpoint["queries"]["max"]
    return most
