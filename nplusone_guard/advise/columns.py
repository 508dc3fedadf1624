"""Columns that a queryset leaves out, and the call that loads them after all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nplusone_guard.advise.lookups import query_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nplusone_guard.advise.lookups import Path
    from nplusone_guard.trace import Source


def loaded_columns(source: Source, missing: Iterable[str]) -> str:
    """An ``only()`` with, or a ``defer()`` without the missing columns."""
    if source.only:
        return f"only({_quoted((*source.deferred, *missing))})"
    gone = set(missing)
    left = [name for name in source.deferred if name not in gone]
    return f"defer(None).defer({_quoted(left)})" if left else "defer(None)"


def left_out_keys(source: Source | None, paths: Iterable[Path]) -> list[str]:
    """The keys that ``select_related()`` of these paths would join by, and that were left out.

    Django refuses to join by a deferred key.
    """
    if source is None or not source.deferred:
        return []
    keys: list[str] = []
    for steps in paths:
        keys += [query_path(steps[: number + 1]) for number in range(len(steps))]
    if not source.only:
        return [key for key in keys if key in source.deferred]
    # A key brings its row whole, until only() names a column beyond it.
    cut = {"", *(name.rpartition("__")[0] for name in source.deferred)}
    return [
        key
        for key in keys
        if key.rpartition("__")[0] in cut
        and not any(_covers(name, key) for name in source.deferred)
    ]


def _covers(name: str, key: str) -> bool:
    """Whether a name given to ``only()`` has a key loaded."""
    return f"{name}__".startswith(f"{key}__") or key.startswith(f"{name}__")


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in dict.fromkeys(names))
