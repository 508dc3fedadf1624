"""Source files as syntax trees: the expression at a place, and what encloses it.

Read when a report is made, and only for what it shows.  Nothing of the project is run; where it
is already loaded, its modules tell what a name stands for.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from nplusone_guard.trace import CallSite

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, ModuleType

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Spot:
    """An expression with its file and the functions and classes around it, outermost first.

    Also a whole class or function, where what is to be typed belongs into it as a statement.
    """

    file: str
    node: ast.expr | ast.ClassDef | Function
    around: tuple[ast.AST, ...]

    @property
    def functions(self) -> list[Function]:
        """The functions around it, innermost first."""
        return [node for node in reversed(self.around) if isinstance(node, Function)]

    @property
    def cls(self) -> ast.ClassDef | None:
        """The innermost class around it."""
        return next(
            (node for node in reversed(self.around) if isinstance(node, ast.ClassDef)), None
        )

    def at(self, node: ast.expr) -> Spot:
        """Another expression of the same function."""
        return Spot(self.file, node, self.around)

    def within(self, function: Function) -> Spot:
        """The same, as seen from one of the functions around it."""
        return Spot(self.file, self.node, self.around[: self.around.index(function) + 1])

    def site(self) -> CallSite:
        """The expression as a place; of a class or function its first line."""
        names = [node.name for node in self.around if isinstance(node, (*_FUNCTIONS, ast.ClassDef))]
        function = ".".join(names) or "<module>"
        if not isinstance(self.node, ast.expr):
            return CallSite(file=self.file, line=self.node.lineno, function=function)
        return CallSite(
            file=self.file,
            line=self.node.lineno,
            function=function,
            end_line=self.node.end_lineno,
            column=self.node.col_offset,
            end_column=self.node.end_col_offset,
        )


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def tree_of(file: str) -> ast.Module | None:
    """The syntax tree of a file, or ``None`` where there is no source."""
    linecache.checkcache(file)
    return _parsed("".join(linecache.getlines(file)))


@lru_cache(maxsize=64)
def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text) if text else None
    except (SyntaxError, ValueError, RecursionError):
        return None


_Node = TypeVar("_Node", bound=ast.AST)
_Rest = ParamSpec("_Rest")
_Answer = TypeVar("_Answer")


def _kept(
    find: Callable[Concatenate[_Node, _Rest], _Answer],
) -> Callable[Concatenate[_Node, _Rest], _Answer]:
    """A function of a node that is asked once, as long as the node lives.

    Trees do not change, and each request with an N+1 asks the same of them.  What is kept must
    not hold the node that it is kept for.
    """
    known: WeakKeyDictionary[ast.AST, dict[object, _Answer]] = WeakKeyDictionary()

    @wraps(find)
    def asked(node: _Node, *rest: _Rest.args, **named: _Rest.kwargs) -> _Answer:
        answers = known.setdefault(node, {})
        if rest not in answers:
            answers[rest] = find(node, *rest, **named)
        return answers[rest]

    return asked  # type: ignore[return-value]  # mypy takes the name of its first parameter in


def spot_at(site: CallSite) -> Spot | None:
    """The expression that stands exactly at a place."""
    tree = tree_of(site.file)
    if tree is None or site.column is None:
        return None
    found = _expression(tree, site.line, site.column, site.end_line, site.end_column)
    return Spot(site.file, *found) if found is not None else None


_Placed = tuple[ast.expr, tuple[ast.AST, ...]]


@_kept
def _expression(tree: ast.Module, *wanted: int | None) -> _Placed | None:
    return _search(tree, (), wanted)


def _search(node: ast.AST, around: tuple[ast.AST, ...], wanted: tuple[Any, ...]) -> _Placed | None:
    for child in ast.iter_child_nodes(node):
        first = getattr(child, "lineno", None)
        if first is not None:
            decorators = getattr(child, "decorator_list", None) or ()
            first = min([first, *(each.lineno for each in decorators)])
            if not first <= wanted[0] <= (child.end_lineno or first):  # type: ignore[attr-defined]
                continue
        if isinstance(child, ast.expr):
            here = (child.lineno, child.col_offset, child.end_lineno, child.end_col_offset)
            if here == wanted:
                return child, around
        inside = (*around, child) if isinstance(child, (*_FUNCTIONS, ast.ClassDef)) else around
        found = _search(child, inside, wanted)
        if found is not None:
            return found
    return None


def definition(function: Any) -> tuple[str, Function, tuple[ast.AST, ...]] | None:
    """The file and the definition of a loaded function, with what encloses it and itself."""
    try:
        code: CodeType | None = inspect.unwrap(function).__code__
    except (AttributeError, ValueError):
        return None
    tree = tree_of(code.co_filename) if code is not None else None
    if code is None or tree is None:
        return None
    around = _function(tree, code.co_name, code.co_firstlineno)
    return (code.co_filename, around[-1], around) if around is not None else None  # type: ignore[return-value]


@_kept
def _function(tree: ast.Module, name: str, line: int) -> tuple[ast.AST, ...] | None:
    return _definition(tree, (), name, line)


def _definition(
    node: ast.AST, around: tuple[ast.AST, ...], name: str, line: int
) -> tuple[ast.AST, ...] | None:
    for child in ast.iter_child_nodes(node):
        inside = around
        if isinstance(child, (*_FUNCTIONS, ast.ClassDef)):
            inside = (*around, child)
            if isinstance(child, _FUNCTIONS) and child.name == name:
                first = min([child.lineno, *(each.lineno for each in child.decorator_list)])
                if first == line:
                    return inside
        found = _definition(child, inside, name, line)
        if found is not None:
            return found
    return None


def function_spots(function: Any) -> list[Spot]:
    """The expressions that a loaded function returns."""
    found = definition(function)
    return returned(*found) if found is not None else []


def returned(file: str, function: Function, around: tuple[ast.AST, ...]) -> list[Spot]:
    """The expressions that a function returns, from top to bottom."""
    values = [
        node.value
        for node in own_nodes(function)
        if isinstance(node, ast.Return) and node.value is not None
    ]
    values.sort(key=lambda value: (value.lineno, value.col_offset))
    return [Spot(file, value, around) for value in values]


@_kept
def own_nodes(function: ast.AST) -> tuple[ast.AST, ...]:
    """The nodes of a function, without those of functions and classes within it."""
    found: list[ast.AST] = []
    pending: list[ast.AST] = list(ast.iter_child_nodes(function))
    while pending:
        node = pending.pop()
        found.append(node)
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)):
            pending.extend(ast.iter_child_nodes(node))
    return tuple(found)


def class_definition(cls: type) -> Spot | None:
    """The definition of a loaded class, where its module has one of that name."""
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None)
    tree = tree_of(file) if file is not None else None
    if file is None or tree is None:
        return None
    found: list[ast.AST] = [tree]
    for name in cls.__qualname__.split("."):
        if name == "<locals>":
            continue
        found = [
            node
            for around in found
            for node in own_nodes(around)
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and node.name == name
        ]
    if len(found) != 1 or not isinstance(found[0], ast.ClassDef):
        return None
    return Spot(file, found[0], (found[0],))


def class_spot(cls: type, name: str) -> Spot | None:
    """The value that the body of a class of the project assigns to a name."""
    found = class_definition(cls)
    if found is None or not isinstance(found.node, ast.ClassDef):
        return None
    value = assigned(found.node.body, name)
    return Spot(found.file, value, found.around) if value is not None else None


def assigned(body: list[ast.stmt], name: str) -> ast.expr | None:
    """The value that one of the statements assigns to a name."""
    for statement in body:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return statement.value  # type: ignore[attr-defined, no-any-return]
    return None


_names: dict[str, str] = {}


def module_of(file: str) -> ModuleType | None:
    """The loaded module whose source a file is."""
    found = sys.modules.get(_names.get(file, ""))
    if found is not None and found.__dict__.get("__file__") == file:
        return found
    for name, module in list(sys.modules.items()):
        # Not getattr(): some modules make what they are asked for.
        if getattr(module, "__dict__", {}).get("__file__") == file:
            _names[file] = name
            return module
    return None
