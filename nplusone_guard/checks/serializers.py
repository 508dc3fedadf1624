"""Serializers: fields named one by one, and nested no deeper than a reader follows."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from rest_framework.serializers import (
    ALL_FIELDS,
    BaseSerializer,
    ListSerializer,
    ModelSerializer,
    Serializer,
)

from nplusone_guard.capture.code import is_project_file
from nplusone_guard.checks.endpoints import of_project
from nplusone_guard.checks.places import class_place, name_place, shown
from nplusone_guard.checks.practice import Practice, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nplusone_guard.checks.practices import Api

#: Levels of serializers below the first.
_DEEPEST: Final = 3
#: Serializers that nest themselves have no last level.
_FOLLOWED: Final = 12


def explicit_fields(api: Api) -> Iterator[Practice]:
    """``W121``: a column that is added to the model is added to the API."""
    for cls in serializer_classes(api):
        meta = getattr(cls, "Meta", None)
        if meta is None or getattr(meta, "fields", None) != ALL_FIELDS:
            continue
        # Said once, of the serializer whose Meta says it; others may take their Meta from there.
        if not issubclass(cls, ModelSerializer) or "Meta" not in vars(cls):
            continue
        if "fields" not in vars(meta):
            continue
        place = name_place(meta, "fields")
        yield Practice(
            "W121",
            f"{place} {cls.__qualname__}" if place else shown(cls),
            f'fields = "__all__" shows and accepts every column of {meta.model._meta.label}, '  # noqa: SLF001
            "those that are added later too.",
            f"fields = [{quoted(_names(cls))}]",
            tuple(each for each in (place, class_place(cls)) if each),
            cls.__module__,
        )


def nesting(api: Api) -> Iterator[Practice]:
    """``I121``: more than three levels of serializers below the first."""
    seen = set()
    for trial in api.trials:
        if trial.serializer is None or type(trial.serializer) in seen:
            continue
        cls = type(trial.serializer)
        seen.add(cls)
        names, fields = _longest(trial.serializer, 0)
        if len(names) <= _DEEPEST or not of_project(cls):
            continue
        field = fields[_DEEPEST]
        many = "many=True, " if isinstance(field, ListSerializer) else ""
        yield Practice(
            "I121",
            shown(cls),
            f"It nests {'at least ' if len(names) > _FOLLOWED else ''}{len(names)} levels of "
            f"objects: {'.'.join(names)}. Each level multiplies the response and needs a "
            "prefetch of its own.",
            f"{names[_DEEPEST]} = serializers.PrimaryKeyRelatedField({many}read_only=True) in "
            f"place of what {'.'.join(names[: _DEEPEST + 1])} nests, and an endpoint of its own "
            "for that.",
            tuple(place for place in (class_place(cls),) if place),
            cls.__module__,
        )


def serializer_classes(api: Api) -> list[type[BaseSerializer[Any]]]:
    """The project's serializers that views name, that their modules know, and nested ones."""
    found: dict[type[BaseSerializer[Any]], None] = {}
    for trial in api.trials:
        if trial.serializer is not None:
            _collect(type(trial.serializer), found)
    for cls in api.views:
        _collect(getattr(cls, "serializer_class", None), found)
        for value in list(vars(sys.modules[cls.__module__]).values()):
            if isinstance(value, ModuleType):
                if is_project_file(getattr(value, "__file__", None) or "<none>"):
                    for inner in list(vars(value).values()):
                        _collect(inner, found)
            else:
                _collect(value, found)
    return list(found)


def _collect(value: object, found: dict[type[BaseSerializer[Any]], None]) -> None:
    if isinstance(value, ListSerializer):
        value = value.child
    if isinstance(value, BaseSerializer):
        value = type(value)
    if (
        not isinstance(value, type)
        or not issubclass(value, BaseSerializer)
        or value in found
        or not of_project(value)
    ):
        return
    found[value] = None
    for field in getattr(value, "_declared_fields", {}).values():
        _collect(field, found)


def _names(cls: Any) -> list[str]:
    try:
        return list(cls().fields)
    except Exception:  # noqa: BLE001  a serializer that needs more than this
        return [field.name for field in cls.Meta.model._meta.fields]  # noqa: SLF001


def _longest(serializer: Serializer[Any], depth: int) -> tuple[list[str], list[Any]]:
    """The names, and the fields, of the longest chain of serializers below one."""
    best: tuple[list[str], list[Any]] = ([], [])
    if depth > _FOLLOWED:
        return best
    for name, field in serializer.fields.items():
        inner = field.child if isinstance(field, ListSerializer) else field
        if field.write_only or not isinstance(inner, Serializer):
            continue
        names, fields = _longest(inner, depth + 1)
        if len(names) + 1 > len(best[0]):
            best = ([name, *names], [field, *fields])
    return best
