"""Recorded budgets: ``query_budgets.toml``, a line for each method and route.

Lines are edited one by one, so that comments, order and what people wrote beside ``queries``
stay as they are (TOML 1.0: https://toml.io/en/v1.0.0; an inline table is one line).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nplusone_guard.budget import LIMITS, Budget

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "budgets"
_HEAD = """\
# The most queries that one request of each endpoint may run.  "pytest --query-budgets=update"
# writes it, "=check" holds it, "=ratchet" lowers it; other limits (rows, duplicates, n_plus_one,
# db_ms) and comments are yours and stay.

[budgets]
"""


class BudgetsError(ValueError):
    """A file of budgets that can't be read: which, where and why."""


@dataclass(frozen=True, slots=True)
class RecordedBudgets:
    """The text of a file, and the budgets in it by ``"METHOD route"``."""

    text: str
    budgets: dict[str, Budget]

    @classmethod
    def read(cls, path: Path) -> RecordedBudgets:
        """The budgets in a file; none where there is no file.

        Raises ``BudgetsError`` that names the file and the line.
        """
        try:
            text = path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return cls("", {})
        except (OSError, UnicodeDecodeError) as error:
            raise BudgetsError(f"{path}: {error}.") from None
        try:
            return cls.parse(text)
        except tomllib.TOMLDecodeError as error:
            raise BudgetsError(f"{path}: {error}.") from None
        except BudgetsError as error:
            raise BudgetsError(f"{path}{error}") from None

    @classmethod
    def parse(cls, text: str) -> RecordedBudgets:
        """The budgets in a text."""
        content = tomllib.loads(text.replace("\r\n", "\n"))
        unknown = [key for key in content if key != TABLE]
        if unknown:
            raise BudgetsError(
                f"{_line_of(text, unknown[0])}: {unknown[0]!r} is not known here; it takes one "
                f"table [{TABLE}]."
            )
        entries = content.get(TABLE, {})
        if not isinstance(entries, dict):
            raise BudgetsError(f"{_line_of(text, TABLE)}: {TABLE} takes a table of endpoints.")
        budgets = {}
        for key, limits in entries.items():
            try:
                budgets[key] = _budget(key, limits)
            except (TypeError, ValueError) as error:
                raise BudgetsError(f"{_line_of(text, key)}: {error}") from None
        return cls(text, budgets)


def _budget(key: str, limits: Any) -> Budget:
    if not isinstance(limits, dict):
        raise BudgetsError(f"{key!r} takes limits, such as {{ queries = 4 }}, not {limits!r}.")
    unknown = [name for name in limits if name not in LIMITS]
    if unknown:
        raise BudgetsError(
            f"{key!r} takes the limits {', '.join(LIMITS)}; {unknown[0]!r} is none of them."
        )
    return Budget(**limits)


def _line_of(text: str, key: str) -> str:
    """``":3"``, the line that has a key; nothing where it is not found."""
    for number, line in enumerate(text.splitlines(), 1):
        if key in line:
            return f":{number}"
    return ""


def name_of(method: str | None, route: str | None) -> str | None:
    """The name of an endpoint in the file, ``"GET api/orders/"``; the root's is ``"GET /"``."""
    return None if method is None or route is None else f"{method} {route or '/'}"


def seen(run: dict[str, Any]) -> dict[str, int]:
    """The most queries that one request of each endpoint ran, by ``"METHOD route"``."""
    counts = {
        name_of(each["method"], each["route"]): each["queries"]["max"] for each in run["endpoints"]
    }
    return {name: count for name, count in counts.items() if name is not None}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Endpoints against their recorded budgets.

    ``over`` and ``lower``: endpoint → (recorded, seen); ``missing``: without a budget → seen;
    ``unvisited``: recorded, and not requested in this run.  ``held``: how many were requested.
    """

    over: dict[str, tuple[int, int]]
    lower: dict[str, tuple[int, int]]
    missing: dict[str, int]
    unvisited: tuple[str, ...]
    held: int


def compare(recorded: RecordedBudgets, run: dict[str, Any]) -> Comparison:
    """How the requests of a run keep to what is recorded."""
    counts = seen(run)
    limits = {
        key: budget.queries
        for key, budget in recorded.budgets.items()
        if budget.queries is not None
    }
    both = {
        key: (int(limits[key]), count) for key, count in sorted(counts.items()) if key in limits
    }
    return Comparison(
        over={key: pair for key, pair in both.items() if pair[1] > pair[0]},
        lower={key: pair for key, pair in both.items() if pair[1] < pair[0]},
        missing={key: count for key, count in sorted(counts.items()) if key not in limits},
        unvisited=tuple(key for key in sorted(recorded.budgets) if key not in counts),
        held=sum(key in counts for key in recorded.budgets),
    )


def updated(recorded: RecordedBudgets, changes: dict[str, int]) -> RecordedBudgets:
    """The file with these numbers of queries, new endpoints at their place in the order.

    Raises ``BudgetsError`` for an entry that is not written in one line.
    """
    ending = "\r\n" if "\r\n" in recorded.text else "\n"
    lines = (recorded.text or _HEAD).replace("\r\n", "\n").splitlines()
    start = next(
        (i for i, line in enumerate(lines) if line.split("#")[0].strip() == "[budgets]"), None
    )
    if start is None:
        lines += ["", f"[{TABLE}]"] if lines else [f"[{TABLE}]"]
        start = len(lines) - 1
    for key, queries in sorted(changes.items()):
        _put(lines, start, key, queries)
    try:
        result = RecordedBudgets.parse("\n".join(lines) + "\n")
    except ValueError as error:
        raise BudgetsError(
            f"it can't be changed: it takes one [{TABLE}], and a line for each endpoint ({error})"
        ) from None
    for key, queries in changes.items():
        if result.budgets[key].queries != queries:
            raise BudgetsError(f"{key!r} can't be changed: write it in one line.")
    return replace(result, text=result.text.replace("\n", ending))


def check_writer() -> None:
    """Raises ``BudgetsError`` where tomlkit is missing, with which budgets are written."""
    _tomlkit()


def _tomlkit() -> Any:
    try:
        import tomlkit  # noqa: PLC0415  an optional dependency
    except ImportError:
        raise BudgetsError(
            "budgets are written with tomlkit: pip install 'nplusone-guard[pytest]'"
        ) from None
    return tomlkit


def _put(lines: list[str], start: int, key: str, queries: int) -> None:
    last = start
    for number in range(start + 1, len(lines)):
        here = _key_of(lines[number])
        if here is None:
            continue
        if here == key:
            document = _tomlkit().parse(lines[number])
            document[key]["queries"] = queries
            lines[number] = document.as_string().rstrip("\n")
            return
        if here > key:
            place = number
            while lines[place - 1].lstrip().startswith("#"):  # its own comment goes with it
                place -= 1
            lines.insert(place, _entry(key, queries))
            return
        last = number
    lines.insert(last + 1, _entry(key, queries))


def _key_of(line: str) -> str | None:
    try:
        parsed = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return None
    return next(iter(parsed)) if len(parsed) == 1 else None


def _entry(key: str, queries: int) -> str:
    return f"{_tomlkit().item(key).as_string()} = {{ queries = {queries} }}"
