"""The querysets of a call as they were evaluated: what they load ahead, which columns, how wide."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Prefetch
from django.db.models.query import ModelIterable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from nplusone_guard.lab.origin import Origin

#: Rows whose values are measured, and how far out the prefetch stands that evaluates a queryset.
_MEASURED = 100
_OUTWARD = 4
#: Bytes of what has one size, roughly as a driver sends it.
_PLAIN = 8


@dataclass(slots=True)
class Seen:
    """A queryset that loaded model instances.

    ``selected``: what it joins, as a query keeps it; ``joined``: of each path, the number of rows
    that had an object there; ``lookups``: what it prefetches.  ``columns``: the names of the
    columns that it loaded, as ``only()`` takes them, each with its mean bytes per row; ``keys``:
    those that must stay; ``models``: the model at the end of each path.  ``only``: whether it has
    an ``only()``.  ``through``: the prefetch that evaluated it.
    """

    origin: Origin
    model: Any
    rows: int = 0
    selected: Any = False
    joined: dict[str, int] = field(default_factory=dict)
    lookups: tuple[Any, ...] = ()
    columns: dict[str, float] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    models: dict[str, Any] = field(default_factory=dict)
    only: bool = False
    through: str = ""


class Watch:
    """Told of each queryset of a run; ``seen`` has them by origin."""

    def __init__(self) -> None:
        self.seen: dict[Origin, Seen] = {}

    def note(self, queryset: Any, origin: Origin, frame: FrameType) -> None:
        """Take what is to be known of it, and none of its rows."""
        if getattr(queryset, "_iterable_class", None) is not ModelIterable:
            return
        query = queryset.query
        if query.combinator or queryset._result_cache is None:  # noqa: SLF001
            return
        seen = self.seen.get(origin)
        if seen is None:
            seen = self.seen[origin] = Seen(origin, queryset.model)
            seen.lookups = tuple(queryset._prefetch_related_lookups)  # noqa: SLF001
            seen.selected = query.select_related
            seen.only = bool(query.deferred_loading[0]) and not query.deferred_loading[1]
            seen.through = _through(frame)
        _measure(seen, queryset, list(queryset._result_cache))  # noqa: SLF001


def leaves(selected: Any, before: str = "") -> Iterator[str]:
    """The longest paths of a query's ``select_related``."""
    if not isinstance(selected, dict):
        return
    for name, further in selected.items():
        path = f"{before}__{name}" if before else name
        if further:
            yield from leaves(further, path)
        else:
            yield path


def _measure(seen: Seen, queryset: Any, rows: list[Any]) -> None:
    measured = rows[:_MEASURED]
    before = min(seen.rows, _MEASURED)
    seen.rows += len(rows)
    paths = {"": seen.model, **dict(_joined(seen.model, queryset.query.select_related))}
    for path, model in paths.items():
        objects = [each for row in measured if (each := _at(row, path)) is not None]
        seen.joined[path] = seen.joined.get(path, 0) + len(objects)
        if not objects:
            continue
        seen.models[path] = model
        for column in model._meta.concrete_fields:  # noqa: SLF001
            loaded = [vars(each) for each in objects if column.attname in vars(each)]
            if not loaded:
                continue
            name = f"{path}__{column.name}" if path else column.name
            size = sum(width(each[column.attname]) for each in loaded)
            mean = seen.columns.get(name, 0.0)
            total = mean * before + size
            seen.columns[name] = total / max(1, before + len(measured))
            # A join over a key needs it.
            if column.primary_key or name in paths:
                seen.keys.add(name)


def _joined(model: Any, selected: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    if not isinstance(selected, dict):
        return
    for name, further in selected.items():
        path = f"{before}__{name}" if before else name
        target = getattr(_field(model, name), "related_model", None)
        if target is not None:
            yield path, target
            yield from _joined(target, further, path)


def _at(row: Any, path: str) -> Any:
    """The object that was joined along a path; ``None`` where there is none."""
    for name in path.split("__") if path else ():
        known = _field(type(row), name)
        cached = row._state.fields_cache  # noqa: SLF001
        row = cached.get(known.cache_name if known is not None else name)
        if row is None:
            return None
    return row


def _field(model: Any, name: str) -> Any:
    try:
        return model._meta.get_field(name)  # noqa: SLF001
    except FieldDoesNotExist:  # a FilteredRelation's own name
        return None


def width(value: Any) -> float:
    """Bytes of a value, roughly."""
    if value is None:
        return 0
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, bytes | bytearray | memoryview):
        return len(value)
    if isinstance(value, bool | int | float):
        return _PLAIN
    if isinstance(value, dict | list | tuple):
        return len(json.dumps(value, default=str))
    return len(str(value))


def _through(frame: FrameType | None) -> str:
    """The path of the prefetch that evaluates a queryset; empty where the code itself does."""
    left = _OUTWARD
    while frame is not None and left:
        if frame.f_code.co_name == "prefetch_one_level":
            names = frame.f_locals
            lookup, level = names.get("lookup"), names.get("level")
            if isinstance(lookup, Prefetch) and isinstance(level, int):
                return "__".join(lookup.prefetch_through.split("__")[: level + 1])
        frame = frame.f_back
        left -= 1
    return ""
