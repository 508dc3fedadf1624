"""Changes that take away: a join, a prefetch, columns."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch

if TYPE_CHECKING:
    from collections.abc import Iterable


#: A method and a path that is given to it.
Removal = tuple[str, str]


def taken_away(queryset: Any, removals: Iterable[Removal]) -> Any:
    """The queryset without the last relation of each path."""
    changed = queryset._chain()  # noqa: SLF001
    for method, path in removals:
        if method == "select_related":
            changed.query.select_related = cut(changed.query.select_related, path)
        else:
            left = without(changed._prefetch_related_lookups, path)  # noqa: SLF001
            changed._prefetch_related_lookups = left  # noqa: SLF001
    return changed


def cut(selected: Any, path: str) -> Any:
    """What a query joins, without the last relation of a path; all of it for no path."""
    return _cut(selected, path.split("__")) or False if path else False


def _cut(selected: Any, names: list[str]) -> Any:
    if not isinstance(selected, dict) or names[0] not in selected:
        return selected
    left = {name: further for name, further in selected.items() if name != names[0]}
    if len(names) > 1:
        left[names[0]] = _cut(selected[names[0]], names[1:])
    return left


def without(lookups: Iterable[Any], path: str) -> tuple[Any, ...]:
    """Lookups without the last relation of a path; what leads to it stays."""
    left: list[Any] = []
    for lookup in lookups:
        own = path_of(lookup)
        inner = getattr(lookup, "queryset", None)
        if own == path:
            parent = own.rpartition("__")[0]
            if parent:
                left.append(parent)
        elif inner is not None and path.startswith(f"{own}__"):
            cut = copy(lookup)
            cut.queryset = inner._chain()  # noqa: SLF001
            cut.queryset._prefetch_related_lookups = without(  # noqa: SLF001
                inner._prefetch_related_lookups,  # noqa: SLF001
                path[len(own) + 2 :],
            )
            left.append(cut)
        else:
            left.append(lookup)
    return tuple(left)


def path_of(lookup: Any) -> str:
    """The path of a lookup, by the names of the relations."""
    return str(lookup.prefetch_through) if isinstance(lookup, Prefetch) else str(lookup)


def ends(lookups: Iterable[Any], before: str = "") -> list[str]:
    """The paths that lead on to no other."""
    found: list[str] = []
    for lookup in lookups:
        own = f"{before}{path_of(lookup)}"
        found.append(own)
        inner = getattr(lookup, "queryset", None)
        if inner is not None:
            found += ends(inner._prefetch_related_lookups, f"{own}__")  # noqa: SLF001
    unique = list(dict.fromkeys(found))
    return [path for path in unique if not any(each.startswith(f"{path}__") for each in unique)]


def with_columns(queryset: Any, names: Iterable[str]) -> Any:
    """The queryset with these columns alone."""
    return queryset.only(*names)
