"""What names in the source stand for, where their modules are loaded; nothing is run for it.

Models are asked for their managers only.
"""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeGuard

from nplusone_guard.advise.source import module_of, own_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nplusone_guard.advise.source import Spot

_INSTALLED = ("/site-packages/", "/dist-packages/")
_FRAMEWORKS = frozenset({"django", "rest_framework", "builtins"})


def django_version() -> tuple[Any, ...]:
    """Django's version, without loading it."""
    return tuple(getattr(sys.modules.get("django"), "VERSION", (0, 0)))


def dotted(node: ast.expr) -> str:
    """``a.b.c``; a part that is no name is left out (``super().get`` → ``.get``)."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def last_name(node: ast.expr) -> str:
    """The last part of a dotted name."""
    return dotted(node).rpartition(".")[2]


def is_project(found: Any) -> bool:
    """Whether a class or function is the project's: not installed, not Django's, not Python's."""
    name = str(getattr(found, "__module__", ""))
    file = getattr(sys.modules.get(name), "__file__", None)
    return name.partition(".")[0] not in _FRAMEWORKS and file is not None and is_editable(file)


def is_editable(file: str) -> bool:
    """Whether a file is not one of an installed package."""
    return not any(part in file.replace("\\", "/") for part in _INSTALLED)


def is_manager(found: Any) -> bool:
    """Whether something is a manager; asks its class, so that nothing lazy is woken."""
    return hasattr(type(found), "get_queryset") and hasattr(type(found), "check")


def is_model(found: Any) -> TypeGuard[Any]:
    """Whether something is the class of a model."""
    return isinstance(found, type) and hasattr(found, "_default_manager")


def values_of(function: ast.AST, name: str) -> list[ast.expr]:
    """What a function assigns to a name, or to an attribute (``"self.orders"``)."""
    found: list[ast.expr] = []
    for node in own_nodes(function):
        if isinstance(node, ast.Assign):
            targets: list[ast.expr] = node.targets
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            targets = [node.target]
        else:
            continue
        if node.value is not None and any(dotted(target) == name for target in targets):
            found.append(node.value)
    return sorted(found, key=lambda value: (value.lineno, value.col_offset))


def object_of(spot: Spot, node: ast.expr) -> Any:
    """What a dotted name of the module stands for, or ``None``."""
    if isinstance(node, ast.Name):
        module = module_of(spot.file)
        return getattr(module, node.id, None) if module is not None else None
    if isinstance(node, ast.Attribute):
        owner = object_of(spot, node.value)
        if inspect.ismodule(owner):
            return getattr(owner, node.attr, None)
        if isinstance(owner, type):
            static = inspect.getattr_static(owner, node.attr, None)
            if type(static).__name__ == "ManagerDescriptor":
                return getattr(owner, node.attr, None)
            return static.__func__ if isinstance(static, (staticmethod, classmethod)) else static
    return None


def function_of(value: Any) -> Any:
    """The function behind a member of a class; ``None`` where it is not the project's."""
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    elif isinstance(value, property):
        value = value.fget
    elif isinstance(value, cached_property) or type(value).__name__ == "cached_property":
        value = value.func
    if not callable(value) or not inspect.isfunction(inspect.unwrap(value)):
        return None
    return value if is_project(value) else None


def member(spot: Spot, name: str, view: type | None) -> tuple[type, Any] | None:
    """The class of the project that gives ``self`` a name, and what it is there.

    ``self`` is the view where the class around the spot is one of the view's.
    """
    around = spot.cls
    if around is None:
        return None
    for cls in _classes(spot, around, view):
        if is_project(cls) and name in vars(cls):
            return cls, vars(cls)[name]
    return None


def is_own(spot: Spot, view: type | None) -> bool:
    """Whether ``self`` at a spot is the view."""
    return view is not None and spot.cls is not None and view in _classes(spot, spot.cls, view)


def _classes(spot: Spot, around: ast.ClassDef, view: type | None) -> tuple[type, ...]:
    module = module_of(spot.file)
    found = getattr(module, around.name, None) if module is not None else None
    if view is not None and any(
        cls is found or (cls.__name__ == around.name and cls.__module__ == _name(module))
        for cls in view.__mro__
    ):
        return view.__mro__
    return found.__mro__ if isinstance(found, type) else ()


def _name(module: Any) -> str | None:
    return getattr(module, "__name__", None)


def method_of_manager(spot: Spot, function: ast.Attribute) -> Any:
    """A method of a custom manager or queryset, on a chain of calls that begins with a manager."""
    manager = next((each for each, _ in _managers(spot, function.value)), None)
    if manager is None:
        return None
    for cls in (getattr(manager, "_queryset_class", None), type(manager)):
        method = inspect.getattr_static(cls, function.attr, None) if cls is not None else None
        if inspect.isfunction(method) and method.__name__ != "manager_method":
            return method
    return None


def model_of(spot: Spot) -> Any:
    """The model whose manager a chain of calls begins with, if nothing else is in between."""
    node = spot.node
    found = _managers(spot, node) if isinstance(node, ast.expr) else ()
    return next((manager.model for manager, plain in found if plain), None)


def _managers(spot: Spot, node: ast.expr) -> Iterator[tuple[Any, bool]]:
    """The manager that a chain begins with, and whether only calls are chained to it."""
    plain = called = True
    while True:
        manager = object_of(spot, node)
        if is_manager(manager):
            yield manager, plain
            return
        if is_model(manager):
            yield manager._default_manager, plain  # noqa: SLF001
            return
        if isinstance(node, ast.Call):
            node, called = node.func, True
        elif isinstance(node, ast.Attribute):
            plain = plain and called
            node, called = node.value, False
        elif isinstance(node, ast.Subscript):
            node, called = node.value, False
        else:
            return
