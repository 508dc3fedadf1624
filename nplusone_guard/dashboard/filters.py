"""What a list is narrowed to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

_CLASS = re.compile(r"[1-5]xx")
_CODE = re.compile(r"[1-5]\d\d")
_LONGEST = 500
#: In place of a kind: whatever it is; nothing at all.
ANY, NONE = "any", "none"


@dataclass(frozen=True, slots=True)
class Filters:
    """Requests by part of their path, by status (``404``, ``4xx``), by what was found in them.

    ``finding``: a kind, ``"any"`` or ``"none"``; ``route`` and ``method``: one endpoint's.
    Values that mean nothing filter nothing.
    """

    path: str = ""
    status: str = ""
    finding: str = ""
    route: str | None = None
    method: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """The filters that a query string asks for."""

        def asked(name: str, longest: int) -> str:
            return "".join(filter(str.isprintable, query.get(name, "")))[:longest].strip()

        return cls(
            path=asked("path", _LONGEST),
            status=asked("status", 3).lower(),
            finding=asked("finding", 40),
            route=asked("route", _LONGEST) if "route" in query else None,
            method=asked("method", 20),
        )

    def conditions(self) -> tuple[list[str], list[Any]]:
        """Conditions of SQL, to be joined by AND, and their values."""
        conditions: list[str] = []
        values: list[Any] = []

        def add(condition: str, *given: Any) -> None:
            conditions.append(condition)
            values.extend(given)

        if self.path:
            add("instr(lower(path), lower(?))", self.path)
        if _CLASS.fullmatch(self.status):
            low = int(self.status[0]) * 100
            add("status BETWEEN ? AND ?", low, low + 99)
        elif _CODE.fullmatch(self.status):
            add("status = ?", int(self.status))
        if self.finding == ANY:
            add("findings > 0")
        elif self.finding == NONE:
            add("findings = 0")
        elif self.finding:
            add("instr(kinds, ?)", f" {self.finding} ")
        if self.route is not None:
            add("coalesce(route, '') = ?", self.route)
        if self.method:
            add("method = ?", self.method)
        return conditions, values

    def query(self, **more: object) -> str:
        """The query string that asks for them, and for more."""
        asked = {
            name: getattr(self, name)
            for name in ("path", "status", "finding", "method")
            if getattr(self, name)
        }
        if self.route is not None:
            asked["route"] = self.route
        return urlencode({**asked, **more})
