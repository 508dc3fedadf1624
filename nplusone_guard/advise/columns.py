"""Columns that a queryset leaves out, and the call that loads them after all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nplusone_guard.trace import Source, Step


def loaded_columns(source: Source, missing: Iterable[str]) -> str:
    """An ``only()`` with, or a ``defer()`` without the missing columns."""
    if source.only:
        return f"only({_quoted((*source.deferred, *missing))})"
    gone = set(missing)
    left = [name for name in source.deferred if name not in gone]
    return f"defer(None).defer({_quoted(left)})" if left else "defer(None)"


def with_columns(source: Source | None, paths: Iterable[tuple[Step, ...]]) -> str:
    """What must come before a ``select_related()`` of paths whose keys were left out.

    Django refuses to join by a key that is deferred.
    """
    if source is None or not source.deferred:
        return ""
    keys: list[str] = []
    for steps in paths:
        names = [step.query_name or step.lookup for step in steps]
        keys += ["__".join(names[: number + 1]) for number in range(len(names))]
    if source.only:
        missing = [key for key in keys if not any(_covers(name, key) for name in source.deferred)]
    else:
        missing = [key for key in keys if key in source.deferred]
    return f"{loaded_columns(source, missing)}." if missing else ""


def _covers(name: str, key: str) -> bool:
    """Whether a name given to ``only()`` has a key loaded."""
    return f"{name}__".startswith(f"{key}__") or key.startswith(f"{name}__")


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in dict.fromkeys(names))
