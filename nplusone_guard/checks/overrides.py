"""A method that a project overrides: whether the framework's own still runs, and on what."""

from __future__ import annotations

import ast
import inspect
from typing import Any, Final

from nplusone_guard.advise.source import definition, own_nodes

#: Names in code that loads relations, or that sets what an action answers from.
LOADS: Final = frozenset({"select_related", "prefetch_related", "prefetch_related_objects"})
SETS: Final = LOADS | {"queryset", "serializer_class"}

_ACTIONS: Final = frozenset({"list", "retrieve"})


def ends_in(cls: type, name: str) -> str | None:
    """The framework's method in which a method of a view ends: its own, or by ``super()``.

    ``list`` and ``get_object`` are, where they are not overridden or call the one above; ``get``
    is ``list`` or ``retrieve`` where it calls it.  ``None`` where that can't be told.
    """
    for base in cls.__mro__:
        if name not in vars(base):
            continue
        function = inspect.unwrap(vars(base)[name])
        module = getattr(function, "__module__", None)
        if module == "rest_framework.mixins":
            return name
        if module == "rest_framework.generics" and name == "get_object":
            return name
        if names_in(base, name) & SETS:
            return None
        above, own = _called(function)
        if name in above:
            continue
        actions = own & _ACTIONS
        if name == "get" and len(actions) == 1:
            return ends_in(cls, next(iter(actions)))
        return None
    return None


def calls_super(function: Any, name: str) -> bool:
    """Whether a function calls ``super().name(...)``."""
    return name in _called(inspect.unwrap(function))[0]


def names_in(cls: type, method: str) -> frozenset[str]:
    """The names that a method uses which the class itself defines."""
    found: Any = vars(cls).get(method)
    function = inspect.unwrap(getattr(found, "__func__", found))
    return frozenset(getattr(getattr(function, "__code__", None), "co_names", ()))


def defining(cls: type, name: str) -> type:
    """The class that a method or attribute is taken from."""
    return next((base for base in cls.__mro__ if name in vars(base)), cls)


def _called(function: Any) -> tuple[set[str], set[str]]:
    """The methods that a function calls of ``super()``, and of ``self``."""
    found = definition(function)
    above: set[str] = set()
    own: set[str] = set()
    for node in own_nodes(found[1]) if found is not None else ():
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        value = node.func.value
        if isinstance(value, ast.Name) and value.id == "self":
            own.add(node.func.attr)
        elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            above.update({node.func.attr} if value.func.id == "super" else ())
    return above, own
