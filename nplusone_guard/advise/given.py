"""What a view gave its template under a name."""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING

from nplusone_guard.advise.names import function_of, is_project, last_name, model_of, object_of
from nplusone_guard.advise.source import (
    Spot,
    class_definition,
    definition,
    own_nodes,
    spot_at,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nplusone_guard.advise.follow import Trail
    from nplusone_guard.trace import QueryGroup

#: Functions and methods whose keywords become names of the context.
_TAKE_NAMES = frozenset({"dict", "update", "get_context_data", "Context"})
#: Names under which Django's list and detail views give their queryset or object.
_OF_THE_VIEW = frozenset({"object_list", "page_obj", "paginator", "object"})


def given(
    trail: Trail, group: QueryGroup, of_view: Callable[[Trail, type], Spot | None]
) -> Spot | None:
    """Where the queryset that a node of a template went through was built."""
    names = group.field.variables if group.field is not None else ()
    for functions in _functions(group):
        values = [value for function in functions for value in _values(function, names)]
        if values:
            model = group.access.model if group.access is not None else None
            found = [each for each in map(trail.follow, values) if each and _may_be(each, model)]
            return found[0] if len(found) == 1 else None
    view = group.view
    if isinstance(view, type) and any(name in _OF_THE_VIEW | _named(view) for name in names):
        return of_view(trail, view)
    return None


def _may_be(spot: Spot, model: str | None) -> bool:
    built = model_of(spot)
    return built is None or built._meta.label == model  # noqa: SLF001


def _functions(group: QueryGroup) -> Iterator[list[Spot]]:
    """The functions that may make the context, nearest first."""
    for site in group.path:
        spot = spot_at(site)
        if spot is not None and spot.functions:
            yield [Spot(spot.file, spot.functions[0], spot.around)]
    view = group.view
    if isinstance(view, type):
        for cls in view.__mro__:
            found = class_definition(cls) if is_project(cls) else None
            if found is not None:
                yield [
                    found,  # extra_context
                    *(
                        Spot(found.file, each, (found.node, each))
                        for each in getattr(found.node, "body", ())
                        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
                    ),
                ]
        return
    written = definition(view) if inspect.isfunction(view) else None
    if written is None:
        return
    file, function, around = written
    own = Spot(file, function, around)
    yield [own]
    yield list(_called(own))


def _called(spot: Spot) -> Iterator[Spot]:
    """The functions of the project that a function calls."""
    for node in own_nodes(spot.node):
        if isinstance(node, ast.Call):
            function = function_of(object_of(spot, node.func))
            written = definition(function) if function is not None else None
            if written is not None:
                file, found, around = written
                yield Spot(file, found, around)


def _values(function: Spot, names: tuple[str, ...]) -> Iterator[Spot]:
    """What a function puts under one of the names."""
    for node in own_nodes(function.node):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in names:
                    yield function.at(value)
        elif isinstance(node, ast.Call) and last_name(node.func) in _TAKE_NAMES:
            for word in node.keywords:
                if word.arg in names:
                    yield function.at(word.value)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if (
                    isinstance(target, ast.Subscript)
                    and isinstance(target.slice, ast.Constant)
                    and target.slice.value in names
                ):
                    yield function.at(node.value)


def _named(view: type) -> set[str]:
    """The names that a view derives from its model, and the one it chooses."""
    model = getattr(view, "model", None) or getattr(getattr(view, "queryset", None), "model", None)
    chosen = getattr(view, "context_object_name", None)
    names = {chosen} if isinstance(chosen, str) else set()
    if model is not None:
        names |= {model._meta.model_name, f"{model._meta.model_name}_list"}  # noqa: SLF001
    return names
