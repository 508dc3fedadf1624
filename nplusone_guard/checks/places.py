"""Where the project writes a class, or a name in its body: to show, and to look for comments."""

from __future__ import annotations

import ast
import linecache
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from nplusone_guard.advise.source import class_definition
from nplusone_guard.report.place import shown_path


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a file, ``first`` to ``last``; ``line`` is the one to name."""

    file: str
    line: int
    first: int
    last: int

    def __str__(self) -> str:
        return f"{shown_path(self.file)}:{self.line}"


def class_place(cls: type) -> Place | None:
    """The header of a class: from its first decorator to the line before its body."""
    file, node = _written(cls)
    if node is None:
        return None
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    return Place(file, node.lineno, first, max(node.lineno, _start(node.body[0]) - 1))


def name_place(cls: type, name: str) -> Place | None:
    """The statement of a class's body that assigns a name or defines a method of that name."""
    file, node = _written(cls)
    for statement in node.body if node is not None else ():
        if name in _names(statement):
            # Of a method the header only.
            last = statement.end_lineno or statement.lineno
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                last = max(statement.lineno, _start(statement.body[0]) - 1)
            return Place(file, statement.lineno, _start(statement), last)
    return None


def assigned_value(cls: type, name: str) -> str | None:
    """The source of what a class's body assigns to a name, where it is on one line."""
    file, node = _written(cls)
    for statement in node.body if node is not None else ():
        if name in _names(statement):
            return _one_line(file, getattr(statement, "value", None))
    return None


def returned_value(cls: type, name: str) -> str | None:
    """The source of the only value that a method returns, where it is on one line."""
    file, node = _written(cls)
    for statement in node.body if node is not None else ():
        if name in _names(statement):
            found = [each for each in ast.walk(statement) if isinstance(each, ast.Return)]
            return _one_line(file, found[0].value) if len(found) == 1 else None
    return None


def shown(cls: type) -> str:
    """A class as messages name it: ``orders/views.py:12 OrderViewSet``."""
    place = class_place(cls)
    return f"{place} {name_of(cls)}" if place else f"{cls.__module__}.{name_of(cls)}"


def name_of(cls: type) -> str:
    """The name of a class; of the one that the framework makes of a function, the function's."""
    return cls.__name__ if cls.__qualname__ == "WrappedAPIView" else cls.__qualname__


def _one_line(file: str, value: ast.expr | None) -> str | None:
    # What takes an attribute without parentheses around it.
    if not isinstance(value, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
        return None
    if value.end_lineno != value.lineno:
        return None
    line = linecache.getline(file, value.lineno).encode()  # columns count bytes
    return line[value.col_offset : value.end_col_offset].decode()


def _names(statement: ast.stmt) -> tuple[str, ...]:
    if isinstance(statement, ast.Assign):
        return tuple(each.id for each in statement.targets if isinstance(each, ast.Name))
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return (statement.target.id,)
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return (statement.name,)
    return ()


def _start(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in decorators)])


def _written(cls: type) -> tuple[str, ast.ClassDef | None]:
    if cls not in _definitions:
        found = class_definition(cls)
        node = found.node if found is not None else None
        file = found.file if found is not None else ""
        _definitions[cls] = (file, node if isinstance(node, ast.ClassDef) else None)
    return _definitions[cls]


_definitions: WeakKeyDictionary[type, tuple[str, ast.ClassDef | None]] = WeakKeyDictionary()
