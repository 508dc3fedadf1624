"""``W131``: what a view's serializer reads against what its queryset loads, without a request."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from nplusone_guard.advise.lookups import loading
from nplusone_guard.checks.accepted import accepted_relation
from nplusone_guard.checks.endpoints import of_project
from nplusone_guard.checks.loaded import loaded
from nplusone_guard.checks.places import (
    assigned_value,
    class_place,
    name_place,
    returned_value,
    shown,
)
from nplusone_guard.checks.practice import Practice
from nplusone_guard.checks.reads import reads
from nplusone_guard.checks.standin import LIST, attempt
from nplusone_guard.trace import Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nplusone_guard.checks.places import Place
    from nplusone_guard.checks.practices import Api
    from nplusone_guard.checks.reads import Read
    from nplusone_guard.checks.standin import Trial


def eager_loading(api: Api) -> Iterator[Practice]:
    """``W131``: relations that each row of a response would load by itself."""
    said: dict[type, set[str]] = {}
    # Lists first: what they lack is not said once more of a single object.
    for trial in sorted(api.trials, key=lambda each: each.action):
        cls = type(trial.view)
        known = said.setdefault(cls, set())
        found: dict[str, list[Read]] = {}
        for read in attempt(trial.endpoint, partial(_reads, trial)) or ():
            path = _path(read)
            if path not in known and not accepted_relation(
                read.steps[-1].name, (*_field_places(read), *_view_places(cls)), cls
            ):
                found.setdefault(path, []).append(read)
        known.update(found)
        if found:
            yield _practice(trial, found)


def _reads(trial: Trial) -> list[Read]:
    if trial.serializer is None or trial.queryset is None:
        return []
    return list(reads(trial.serializer, loaded(trial.queryset), many=trial.action == LIST))


def _practice(trial: Trial, found: dict[str, list[Read]]) -> Practice:
    cls = type(trial.view)
    name = type(trial.serializer).__name__
    what = "a relation" if len(found) == 1 else "relations"
    rows = "row" if trial.action == LIST else "nested row"
    lines = []
    missing = []
    for group in found.values():
        # Rows that are read are loaded, and then need no counting.
        lead = next((read for read in group if not _is_counted(read)), group[0])
        missing.append(lead)
        fields = ", ".join(dict.fromkeys(read.field for read in group))
        lines.append(f"\n\t  {lead.steps[-1].name}, read by {fields}: {_code([lead])[1:]}")
    return Practice(
        "W131",
        shown(cls),
        f"N+1: {name} reads {what} that the view's queryset does not load; each {rows} runs a "
        f"query of its own:{''.join(lines)}",
        _hint(trial, missing),
        _view_places(cls),
        cls.__module__,
    )


def _path(read: Read) -> str:
    return "__".join(step.lookup for step in read.steps)


def _joins(read: Read) -> bool:
    return all(step.joinable for step in read.steps)


def _is_counted(read: Read) -> bool:
    """Whether the query for the rows can count them: no row of the relation is read itself."""
    return read.method == "count" and len(read.steps) == 1


def _code(missing: Sequence[Read]) -> str:
    """The calls that load all of it: joins, then prefetches, then what is only counted."""
    counted = [read for read in missing if _is_counted(read)]
    others = [read for read in missing if not _is_counted(read)]
    joined = [_steps(read) for read in others if _joins(read)]
    fetched = [_steps(read) for read in others if not _joins(read)]
    calls = [loading(paths) for paths in (joined, fetched) if paths]
    calls += [
        f'annotate({_count_name(read)}=Count("{read.steps[-1].query_name}", distinct=True))'
        for read in counted
    ]
    return "".join(f".{call}" for call in calls)


def _count_name(read: Read) -> str:
    """The field's own name, where the model has nothing of that name."""
    lookup = read.steps[-1].lookup
    return f"{lookup}_count" if read.name == lookup else read.name


def _steps(read: Read) -> tuple[Step, ...]:
    return tuple(
        Step(each.lookup, joinable=each.joinable, many=each.many, query_name=each.query_name)
        for each in read.steps
    )


def _hint(trial: Trial, missing: Sequence[Read]) -> str:
    fields = ""
    for read in missing:
        if _is_counted(read):
            name = _count_name(read)
            source = "" if name == read.name else f'source="{name}"'
            fields += f", and {read.name} = serializers.IntegerField({source}) in "
            fields += read.owner.__qualname__
    return f"{_queryset_hint(type(trial.view), _code(missing))}{fields}"


def _queryset_hint(cls: type, code: str) -> str:
    for base in cls.__mro__:
        if not of_project(base):
            continue
        if "get_queryset" in vars(base):
            value = returned_value(base, "get_queryset")
            place = name_place(base, "get_queryset")
            where = f"{base.__qualname__}.get_queryset{f' ({place})' if place else ''}"
            if value is not None:
                return f"return {_without_all(value)}{code} in {where}"
            return f"{code} on what {where} returns"
        if "queryset" in vars(base):
            value = assigned_value(base, "queryset")
            where = "" if base is cls else f" in {shown(base)}"
            if value is not None:
                return f"queryset = {_without_all(value)}{code}{where}"
            break
    return f"{code} on the queryset of {cls.__qualname__}"


def _without_all(value: str) -> str:
    return value.removesuffix(".all()")


def _field_places(read: Read) -> Iterator[Place]:
    """The line that declares the field, or the one that lists it: as findings are placed."""
    for base in filter(of_project, read.owner.__mro__):
        place = name_place(base, read.name)
        if place is not None:
            yield place
            return
    meta = getattr(read.owner, "Meta", None)
    place = name_place(meta, "fields") if isinstance(meta, type) else None
    if place is not None:
        yield place


def _view_places(cls: Any) -> tuple[Place, ...]:
    places = (class_place(cls), name_place(cls, "queryset"), name_place(cls, "get_queryset"))
    return tuple(place for place in places if place is not None)
