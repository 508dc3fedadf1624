"""The code of a fix → calls on a queryset.

The code is read with ``ast`` through a whitelist of methods and arguments, and never evaluated.
What is not on it changes more than a queryset, and is no matter for an experiment.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import Manager, Prefetch

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOADING = frozenset({"select_related", "prefetch_related", "only", "defer"})
#: Where a chain begins, and what leaves a queryset as it is.
_ROOTS = frozenset({"all", "get_queryset", "super"})
_ADMINS_LIST = "list_select_related"


class NotMechanical(Exception):
    """A fix that is more than a change of a queryset; the message says what else."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A queryset within a prefetch: ``OrderItem.objects`` with calls."""

    model: str
    manager: str
    calls: tuple[Call, ...] = ()

    def build(self) -> Any:
        """The queryset.  Raises ``NotMechanical`` where the name is no model's, or of several."""
        found = [model for model in apps.get_models() if model.__name__ == self.model]
        if len(found) != 1:
            number = "no model" if not found else f"{len(found)} models"
            raise NotMechanical(f"{number} of this project has the name {self.model}")
        manager = getattr(found[0], self.manager, None)
        if not isinstance(manager, Manager):
            raise NotMechanical(f"{self.model}.{self.manager} is no manager")
        return applied(manager.all(), self.calls)

    def __str__(self) -> str:
        return (
            f"{self.model}.{self.manager}{''.join(f'.{call}' for call in self.calls) or '.all()'}"
        )


@dataclass(frozen=True, slots=True)
class Ahead:
    """``Prefetch(path, queryset=...)``; of a generic key with a queryset for each model."""

    path: str
    rows: tuple[Rows, ...]
    generic: bool = False

    def build(self) -> Any:
        """The lookup."""
        if self.generic:
            return GenericPrefetch(self.path, [each.build() for each in self.rows])
        return Prefetch(self.path, queryset=self.rows[0].build())

    def __str__(self) -> str:
        if self.generic:
            return f'GenericPrefetch("{self.path}", [{", ".join(map(str, self.rows))}])'
        return f'Prefetch("{self.path}", queryset={self.rows[0]})'


Argument = str | None | Ahead


@dataclass(frozen=True, slots=True)
class Call:
    """One call on a queryset."""

    method: str
    arguments: tuple[Argument, ...]

    def __str__(self) -> str:
        given = (f'"{each}"' if isinstance(each, str) else str(each) for each in self.arguments)
        return f"{self.method}({', '.join(given)})"


def code_of(calls: Iterable[Call]) -> str:
    """The calls as they are typed behind a queryset."""
    return ".".join(map(str, calls))


def applied(queryset: Any, calls: Iterable[Call]) -> Any:
    """The queryset after the calls."""
    combined = getattr(getattr(queryset, "query", None), "combinator", None)
    for call in calls:
        arguments = [each.build() if isinstance(each, Ahead) else each for each in call.arguments]
        if combined and call.method == "prefetch_related":
            # Typed before union() it is kept, and behind it refused.
            queryset = queryset._chain()  # noqa: SLF001
            queryset._prefetch_related_lookups += tuple(arguments)  # noqa: SLF001
        else:
            queryset = getattr(queryset, call.method)(*arguments)
    return queryset


def together(parts: Iterable[Iterable[Call]]) -> tuple[Call, ...]:
    """The calls of several fixes of one queryset: each once, in an order that works.

    Columns first, since the last ``only()`` holds; a ``Prefetch`` with a queryset before what
    goes on from its path.
    """
    calls = list(dict.fromkeys(call for part in parts for call in part))
    lookups: list[Argument] = [
        each for call in calls if call.method == "prefetch_related" for each in call.arguments
    ]
    names = [each for each in dict.fromkeys(lookups) if not isinstance(each, Ahead)]
    ahead = [each for each in dict.fromkeys(lookups) if isinstance(each, Ahead)]
    ordered = [call for call in calls if call.method in {"only", "defer"}]
    ordered += [call for call in calls if call.method == "select_related"]
    if lookups:
        ordered.append(Call("prefetch_related", (*ahead, *names)))
    return tuple(ordered)


def parse(code: str, field: str = "") -> tuple[Call, ...]:
    """The calls that a fix's code makes on its root queryset.

    ``field``: the name of the form's field that chooses from it, if one does.

    Raises :class:`NotMechanical` where the code does anything else.
    """
    try:
        body = ast.parse(code).body
    except SyntaxError:
        raise NotMechanical("it is no code that stands alone") from None
    calls: list[Call] = []
    for statement in body:
        calls += _of_field(statement, field) if field else _of_statement(statement)
    if not calls:
        raise NotMechanical("it changes no queryset")
    return tuple(calls)


def _of_statement(statement: ast.stmt) -> list[Call]:
    if isinstance(statement, ast.Expr):
        return _chain(statement.value)
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        name = statement.targets[0].id
        if name == _ADMINS_LIST and isinstance(statement.value, (ast.List, ast.Tuple)):
            return [Call("select_related", tuple(map(_name, statement.value.elts)))]
        if name == "queryset":
            return _chain(statement.value)
    if isinstance(statement, ast.FunctionDef) and statement.name == "get_queryset":
        last = statement.body[-1]
        if isinstance(last, ast.Return) and last.value is not None:
            return _chain(last.value)
    raise NotMechanical("it is code of a class, and no call on a queryset")


def _of_field(statement: ast.stmt, field: str) -> list[Call]:
    """What the methods of a form or an admin give one field: ``….queryset = ….queryset.calls``."""
    if not isinstance(statement, ast.FunctionDef):
        return _of_statement(statement)
    calls: list[Call] = []
    for node in ast.walk(statement):
        if isinstance(node, ast.If):
            named = [each.value for each in ast.walk(node.test) if isinstance(each, ast.Constant)]
            assigned = [each for each in node.body if isinstance(each, ast.Assign)]
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
            target = node.targets[0].value
            within = ast.walk(target.slice) if isinstance(target, ast.Subscript) else ()
            named = [each.value for each in within if isinstance(each, ast.Constant)]
            assigned = [node]
        else:
            continue
        for each in assigned if field in named else ():
            calls += _chain(each.value)
    return calls


def _chain(node: ast.expr) -> list[Call]:
    calls: list[Call] = []
    while isinstance(node, ast.Call):
        method = node.func.attr if isinstance(node.func, ast.Attribute) else None
        method = node.func.id if isinstance(node.func, ast.Name) else method
        if method in _LOADING:
            if node.keywords:
                raise NotMechanical(f"{method}() takes no keywords")
            calls.append(Call(method, tuple(map(_argument, node.args))))
        elif method == "annotate":
            raise NotMechanical("annotate() adds an attribute, which the code that reads must take")
        elif method not in _ROOTS:
            raise NotMechanical(f"{method or 'the call'}() is more than a change of what is loaded")
        if not isinstance(node.func, ast.Attribute):
            return calls[::-1]
        node = node.func.value
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    if not isinstance(node, ast.Name):
        raise NotMechanical("it is no call on a queryset")
    return calls[::-1]


def _name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, str)):
        return node.value
    raise NotMechanical("an argument is no name")


def _argument(node: ast.expr) -> Argument:
    if not isinstance(node, ast.Call):
        return _name(node)
    function = node.func.id if isinstance(node.func, ast.Name) else ""
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    if "to_attr" in given:
        raise NotMechanical(
            "its rows get an attribute of their own, which the code that reads must take"
        )
    path = _name(node.args[0]) if node.args else None
    if path is None:
        raise NotMechanical("a lookup has no name")
    if function == "Prefetch":
        rows = node.args[1] if len(node.args) > 1 else given.get("queryset")
        if rows is None:
            return path
        return Ahead(path, (_rows(rows),))
    if function == "GenericPrefetch":
        listed = node.args[1] if len(node.args) > 1 else given.get("querysets")
        if isinstance(listed, (ast.List, ast.Tuple)):
            return Ahead(path, tuple(map(_rows, listed.elts)), generic=True)
    raise NotMechanical("an argument is no lookup")


def _rows(node: ast.expr) -> Rows:
    calls = _chain(node)
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        raise NotMechanical("a prefetch's queryset begins with no manager")
    return Rows(node.value.id, node.attr, tuple(calls))
