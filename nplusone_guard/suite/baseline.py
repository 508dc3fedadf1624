"""The baseline of an old project: findings that are known, so that only new ones fail."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

VERSION = 1
#: What the file says of a finding besides its id: for readers, not for matching.
_TOLD = ("kind", "method", "route", "relation", "field_path", "function")


class BaselineError(ValueError):
    """A baseline file that can't be read: which, where and why."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known findings: id → what the file says of it."""

    entries: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """The baseline in a file.  Raises ``BaselineError`` that names the file and the line."""
        try:
            content = json.loads(path.read_text("utf-8"))
        except json.JSONDecodeError as error:
            raise BaselineError(f"{path}:{error.lineno}: {error.msg}.") from None
        except (OSError, UnicodeDecodeError) as error:
            raise BaselineError(f"{path}: {error}.") from None
        if not isinstance(content, dict) or content.get("version") != VERSION:
            raise BaselineError(f"{path}: it takes an object with version {VERSION}.")
        found = content.get("findings")
        if not isinstance(found, list) or not all(
            isinstance(each, dict)
            and isinstance(each.get("id"), str)
            and all(isinstance(each.get(name, ""), str) for name in _TOLD)
            for each in found
        ):
            raise BaselineError(
                f'{path}: "findings" takes a list of objects with an "id" each, and texts.'
            )
        return cls({each["id"]: each for each in found})

    def apply(self, run: dict[str, Any]) -> dict[str, Any]:
        """The run with the findings that are known marked so."""
        findings = [{**each, "known": each["id"] in self.entries} for each in run["findings"]]
        return {**run, "findings": findings}

    def gone(self, run: dict[str, Any]) -> list[dict[str, Any]]:
        """The known findings that a whole run did not show again."""
        seen = {each["id"] for each in run["findings"]}
        return [entry for key, entry in sorted(self.entries.items()) if key not in seen]


def noted(run: dict[str, Any], before: Baseline | None, *, whole: bool) -> str:
    """The text of a baseline file with all findings of a run, a line each.

    A run of some tests alone (not ``whole``) takes nothing out of what was there ``before``.
    """
    entries: dict[str, dict[str, Any]] = {}
    if before is not None and not whole:
        entries.update(before.entries)
    entries.update({each["id"]: _entry(each) for each in run["findings"] if _fails(each)})
    lines = [json.dumps(entry) for entry in sorted(entries.values(), key=_order)]
    body = ",\n  ".join(lines)
    return f'{{"version": {VERSION}, "findings": [\n  {body}\n]}}\n' if lines else _EMPTY


_EMPTY = f'{{"version": {VERSION}, "findings": []}}\n'


def _fails(finding: dict[str, Any]) -> bool:
    return bool(finding["severity"] == "error")


def _entry(finding: dict[str, Any]) -> dict[str, Any]:
    location = finding["location"] or {}
    told = {**finding, "function": location.get("function")}
    return {"id": finding["id"], **{name: told[name] for name in _TOLD if told[name] is not None}}


def _order(entry: dict[str, Any]) -> tuple[str, str, str]:
    return entry.get("route", ""), entry.get("method", ""), entry["id"]


def removable(gone: Iterable[dict[str, Any]]) -> list[str]:
    """A line for each known finding that is gone."""
    return [
        f"{each['id']}  {each.get('method') or ''} {each.get('route') or ''}".rstrip()
        + (f"  {each['relation']}" if each.get("relation") else "")
        for each in gone
    ]
