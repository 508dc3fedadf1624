"""From an expression to the one that builds the queryset behind it, through the source.

A name is followed to its assignment or, a parameter, to what the call path's caller gave; a call
to what its function returns; an attribute of ``self`` to its class, which for a view is the class
that ran.  Where that ends, so does the answer.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from inspect import getattr_static
from typing import TYPE_CHECKING, Any, TypeGuard

from nplusone_guard.advise.literals import held
from nplusone_guard.advise.methods import END_QUERYSET, GIVE_QUERYSET, GO_THROUGH, HAND_ON
from nplusone_guard.advise.names import (
    function_of,
    is_manager,
    is_model,
    is_own,
    is_project,
    last_name,
    member,
    method_of_manager,
    object_of,
    values_of,
)
from nplusone_guard.advise.source import (
    Spot,
    assigned,
    class_spot,
    function_spots,
    own_nodes,
    returned,
    spot_at,
    tree_of,
)

if TYPE_CHECKING:
    from nplusone_guard.advise.source import Function
    from nplusone_guard.trace import QueryGroup

#: What a view of Django or DRF takes from its own queryset.
_OWN_QUERYSET = frozenset({"get_queryset", "get_object", "aget_object", "object", "object_list"})
#: Methods of the project to which DRF gives it.
_GIVEN_QUERYSET = frozenset({"filter_queryset", "paginate_queryset"})
_FURTHEST = 24


OfView = Callable[["Trail", type, int], "Spot | None"]


class Trail:
    """What is known beside the source of the way to a query: its call path and its view."""

    def __init__(self, group: QueryGroup, of_view: OfView) -> None:
        self._path = group.path
        self._view = group.view if isinstance(group.view, type) else None
        self._of_view = of_view
        self._entered: list[tuple[ast.AST, Spot]] = []  # functions, and the calls of them

    def follow(self, spot: Spot, left: int = _FURTHEST) -> Spot | None:  # noqa: PLR0911  a case a kind of node
        """The queryset expression that ``spot`` stands for."""
        node = spot.node
        if left == 0:
            return None
        inside = held(spot)
        if inside is not None:
            return self.follow(inside, left - 1)
        if isinstance(node, (ast.Await, ast.Subscript, ast.Starred, ast.NamedExpr, ast.YieldFrom)):
            return self.follow(spot.at(node.value), left - 1)
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            return self.follow(spot.at(node.generators[0].iter), left - 1)
        if isinstance(node, ast.BinOp):  # first | second is made of a copy of the first
            return self.follow(spot.at(node.left), left - 1)
        if isinstance(node, ast.IfExp):
            return self.one_of([spot.at(node.body), spot.at(node.orelse)], left)
        if isinstance(node, ast.Name):
            return self._name(spot, node, left)
        if isinstance(node, ast.Attribute):
            return self._attribute(spot, node, left)
        if isinstance(node, ast.Call):
            return self._call(spot, node, left)
        return None

    def _name(self, spot: Spot, node: ast.Name, left: int) -> Spot | None:
        name = node.id
        for function in spot.functions:
            inside = spot.within(function)
            values = values_of(function, name)
            if values:
                # What is built from itself (qs = qs.filter()) builds on the one before.
                first = [each for each in values if not _mentions(each, name)]
                return self.follow(inside.at(first[0]), left - 1) if len(first) == 1 else None
            if name in _parameters(function):
                given = self._argument(inside, function, name)
                return self.follow(given, left - 1) if given is not None else None
            if any(
                isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Store)
                for each in own_nodes(function)
            ):
                return None  # a loop's or a block's
        tree = tree_of(spot.file)
        value = assigned(tree.body, name) if tree is not None else None
        if value is not None:
            return self.follow(Spot(spot.file, value, ()), left - 1)
        return spot if is_model(object_of(spot, node)) else None

    def _argument(self, spot: Spot, function: Function, name: str) -> Spot | None:
        """What the caller gave for a parameter."""
        call = next((call for at, call in reversed(self._entered) if at is function), None)
        call = call or self._caller(spot, function)
        if call is None and function.name in _GIVEN_QUERYSET and name == "queryset":
            return self._of_view(self, self._view, _FURTHEST) if self._view is not None else None
        if call is None or not isinstance(call.node, ast.Call):
            return None
        word = next((word for word in call.node.keywords if word.arg == name), None)
        if word is not None:
            return call.at(word.value)
        names, given = _parameters(function), list(call.node.args)
        if names[:1] in (["self"], ["cls"]) and isinstance(call.node.func, ast.Attribute):
            given = [call.node.func.value, *given]
        if name not in names or any(isinstance(each, ast.Starred) for each in given):
            return None
        position = names.index(name)
        return call.at(given[position]) if position < len(given) else None

    def _caller(self, spot: Spot, function: Function) -> Spot | None:
        """The call of a function that is on the path."""
        last = function.end_lineno or function.lineno
        inside = [
            number
            for number, site in enumerate(self._path)
            if site.file == spot.file and function.lineno <= site.line <= last
        ]
        if not inside or inside[-1] + 1 >= len(self._path):
            return None
        call = spot_at(self._path[inside[-1] + 1])
        while call is not None:
            node = call.node
            if isinstance(node, ast.Call) and last_name(node.func) == function.name:
                return call
            if isinstance(node, ast.Await):
                call = call.at(node.value)
            elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
                call = call.at(node.generators[0].iter)
            elif isinstance(node, ast.Call) and last_name(node.func) in GO_THROUGH and node.args:
                call = call.at(node.args[0])
            else:
                return None
        return None

    def _attribute(self, spot: Spot, node: ast.Attribute, left: int) -> Spot | None:
        if isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}:
            return self._of_self(spot, node, left)
        if node.attr in HAND_ON:
            return self.follow(spot.at(node.value), left - 1)
        # Model.objects, or any other manager of a model.
        return spot if is_manager(object_of(spot, node)) else None

    def _of_self(  # noqa: PLR0911  a case a way of getting it
        self, spot: Spot, node: ast.Attribute, left: int
    ) -> Spot | None:
        """An attribute or method of ``self``, by the class that ran where it is known."""
        cls, view = spot.cls, self._view
        if cls is None:
            return None
        own = view if view is not None and is_own(spot, view) else None
        if own is not None and node.attr == "get_queryset":
            return self._of_view(self, own, left - 1)
        found = member(spot, node.attr, view)
        if found is not None:
            value = class_spot(found[0], node.attr)
            if value is not None:
                return self.follow(value, left - 1)
            function = function_of(found[1])
            return self._result(spot, function_spots(function), left)
        for each in cls.body:  # of a class within a function, which no module names
            if _is_function(each, node.attr):
                return self._result(spot, returned(spot.file, each, (cls, each)), left)
        values = [
            Spot(spot.file, value, (cls, function))
            for function in cls.body
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
            for value in values_of(function, f"self.{node.attr}")
        ]
        if values:
            return self.follow(values[0], left - 1) if len(values) == 1 else None
        by_view = own is not None and node.attr in _OWN_QUERYSET
        return self._of_view(self, own, left - 1) if own is not None and by_view else None

    def _call(self, spot: Spot, node: ast.Call, left: int) -> Spot | None:
        function = node.func
        name = last_name(function)
        given = self._gone_through(spot, node, name)
        if given is not None:
            return self.follow(spot.at(given), left - 1)
        if isinstance(function, ast.Attribute):
            of_self = isinstance(function.value, ast.Name) and function.value.id in {"self", "cls"}
            found = self._of_self(spot, function, left) if of_self else None
            if found is not None:
                return found
        results = self._body(spot, function)
        if not results and isinstance(function, ast.Attribute):
            return self._link(spot, function, left)
        return self._result(spot, results, left)

    def _link(self, spot: Spot, function: ast.Attribute, left: int) -> Spot | None:
        """A call of a method that is not the project's, at the end of a chain."""
        if function.attr in GIVE_QUERYSET:
            return spot
        receiver = spot.at(function.value)
        if function.attr in END_QUERYSET:
            return self.follow(receiver, left - 1) or receiver
        return self.follow(receiver, left - 1) if function.attr in HAND_ON else None

    def _gone_through(self, spot: Spot, node: ast.Call, name: str) -> ast.expr | None:
        """The argument that a call goes through."""
        words = {word.arg: word.value for word in node.keywords}
        if isinstance(node.func, ast.Call) and last_name(node.func.func) == "sync_to_async":
            # sync_to_async(list)(queryset)
            name = last_name(node.func.args[0]) if node.func.args else ""
        if name == "cast":
            return node.args[-1] if node.args else None  # cast("Type", value)
        if name in GO_THROUGH or "many" in words or _is_serializer(object_of(spot, node.func)):
            return node.args[0] if node.args else words.get("instance")
        return words.get("queryset") if name.endswith("FormSet") else None

    def _body(self, spot: Spot, function: ast.expr) -> list[Spot]:
        """What a called function of the project returns."""
        if isinstance(function, ast.Name):
            for around in reversed(spot.around):
                for each in getattr(around, "body", ()):
                    if _is_function(each, function.id) and not isinstance(around, ast.ClassDef):
                        return returned(spot.file, each, (around, each))
        found = object_of(spot, function)
        if found is None and isinstance(function, ast.Attribute):
            found = method_of_manager(spot, function)
            made = self._class_of(spot, function.value) if found is None else None
            found = getattr_static(made, function.attr, None) if made is not None else found
        found = function_of(found)
        return function_spots(found) if found is not None else []

    def _class_of(self, spot: Spot, node: ast.expr) -> type | None:
        """The class of an object that is made there, or was in the same function."""
        if isinstance(node, ast.Name) and spot.functions:
            values = values_of(spot.functions[0], node.id)
            node = values[0] if len(values) == 1 else node
        found = object_of(spot, node.func) if isinstance(node, ast.Call) else None
        return found if isinstance(found, type) and is_project(found) else None

    def _result(self, call: Spot, results: list[Spot], left: int) -> Spot | None:
        """Where a called function's results are built, if that is one place."""
        if results:
            self._entered.append((results[0].functions[0], call))
        return self.one_of(results, left)

    def one_of(self, spots: list[Spot], left: int) -> Spot | None:
        """The one place that builds whichever of the expressions was taken."""
        if len(spots) == 1:
            return self.follow(spots[0], left - 1)
        # Several ends of one beginning: qs = ...; return qs.filter(); return qs
        begun = [self.follow(beginning(each), left - 1) for each in spots]
        return begun[0] if begun and all(each == begun[0] for each in begun) else None


def beginning(spot: Spot) -> Spot:
    """The name that a chain of calls begins with."""
    node = spot.node
    while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return spot.at(node) if isinstance(node, ast.expr) else spot


def _mentions(value: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(value))


def _parameters(function: Function) -> list[str]:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [argument.arg for argument in every]


def _is_serializer(found: Any) -> bool:
    return isinstance(found, type) and hasattr(found, "to_representation")


def _is_function(node: ast.AST, name: str) -> TypeGuard[Function]:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name
