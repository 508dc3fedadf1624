"""Where a queryset was built: the expression that a call is to be added to.

A queryset is evaluated in one place and often built in another, which is not on the stack by
then.  The evaluated expression is followed through the source: a name to its assignment, a call
to what the function returns, an attribute to the class's, a view to its ``get_queryset`` or
``queryset``, a serializer or a page to what it was given.  Where that ends, so does the answer.
"""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING, Any

from nplusone_guard.advise.source import (
    Spot,
    assigned,
    class_spot,
    function_spot,
    module_of,
    own_nodes,
    returned,
    spot_at,
    tree_of,
)
from nplusone_guard.trace import CallSite

if TYPE_CHECKING:
    from nplusone_guard.trace import QueryGroup

#: Methods that give a queryset: a call can be added behind them.
_GIVE_QUERYSET = frozenset(
    [
        "all",
        "filter",
        "exclude",
        "order_by",
        "annotate",
        "alias",
        "select_related",
        "prefetch_related",
        "only",
        "defer",
        "using",
        "distinct",
        "reverse",
        "extra",
        "select_for_update",
        "fetch_mode",
        "get_queryset",
        "raw",
    ]
)
#: Methods that end a queryset: a call goes in front of them.
_END_QUERYSET = frozenset(
    [
        "get",
        "first",
        "last",
        "earliest",
        "latest",
        "iterator",
        "in_bulk",
        "aget",
        "afirst",
        "alast",
        "aearliest",
        "alatest",
        "aiterator",
        "ain_bulk",
        "none",
        "count",
        "exists",
        "union",
        "intersection",
        "difference",
    ]
)
#: Functions and methods whose first argument is what they go through.
_GO_THROUGH = frozenset(
    [
        "list",
        "tuple",
        "set",
        "sorted",
        "enumerate",
        "reversed",
        "iter",
        "len",
        "bool",
        "cast",
        "next",
        "zip",
        "get_object_or_404",
        "get_list_or_404",
        "aget_object_or_404",
        "aget_list_or_404",
        "paginate_queryset",
        "filter_queryset",
        "Paginator",
        "get_paginator",
    ]
)
#: Attributes and methods that hand on what their object was made from.
_HAND_ON = frozenset({"data", "object_list", "page", "get_page", "get_paginated_response"})
_FURTHEST = 24


def built(group: QueryGroup) -> CallSite | None:
    """The expression that builds a root group's queryset, or ``None`` where it is not found."""
    spot = _evaluated(group)
    if spot is not None:
        found = _follow(spot, _FURTHEST)
        if found is not None:
            return found.site()
    return _of_view(group)


def _evaluated(group: QueryGroup) -> Spot | None:
    if not group.path:
        return None
    return spot_at(group.path[0])


def _of_view(group: QueryGroup) -> CallSite | None:
    """What the view's class builds, where no code of its own has asked for another queryset."""
    view = group.view
    if not isinstance(view, type) or not _shows(view, group):
        return None
    for cls in view.__mro__:
        if cls.__module__.partition(".")[0] in {"django", "rest_framework", "builtins"}:
            continue
        method = cls.__dict__.get("get_queryset")
        if method is not None:
            spot = function_spot(method)
            if spot is None:
                return None
            return (_follow(spot, _FURTHEST) or spot).site()
        attribute = class_spot(cls, "queryset")
        if attribute is not None:
            return attribute.site()
    return _class_site(view)


def _shows(view: type, group: QueryGroup) -> bool:
    """Whether the view is about the model whose rows were read."""
    model = group.access.model if group.access is not None else None
    serializer = getattr(view, "serializer_class", None)
    for shown in (
        getattr(getattr(view, "queryset", None), "model", None),
        getattr(view, "model", None),
        getattr(getattr(serializer, "Meta", None), "model", None),
    ):
        meta = getattr(shown, "_meta", None)
        if meta is not None:
            return bool(meta.label == model)
    return False


def _class_site(view: type) -> CallSite | None:
    try:
        file, first = inspect.getsourcefile(view), inspect.getsourcelines(view)[1]
    except (OSError, TypeError):
        return None
    return CallSite(file=file, line=first, function=view.__qualname__) if file else None


def _follow(spot: Spot, left: int) -> Spot | None:  # noqa: PLR0911  a case a kind of node
    """The queryset expression that ``spot`` stands for."""
    node = spot.node
    if left == 0:
        return None
    if isinstance(node, ast.Await):
        return _follow(spot.at(node.value), left - 1)
    if isinstance(node, ast.Subscript):
        return _follow(spot.at(node.value), left - 1)
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
        return _follow(spot.at(node.generators[0].iter), left - 1)
    if isinstance(node, ast.Name):
        return _follow_name(spot, node.id, left)
    if isinstance(node, ast.Attribute):
        return _follow_attribute(spot, node, left)
    if isinstance(node, ast.Call):
        return _follow_call(spot, node, left)
    return None


def _follow_name(spot: Spot, name: str, left: int) -> Spot | None:
    function = spot.function
    if function is not None:
        values = _values(function, name)
        if values:
            # What is built from itself (qs = qs.filter()) builds on the one before.
            first = [each for each in values if not _mentions(each, name)]
            return _follow(spot.at(first[0]), left - 1) if len(first) == 1 else None
        every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        if any(argument.arg == name for argument in every):
            return None
    tree = tree_of(spot.file)
    value = assigned(tree.body, name) if tree is not None else None
    return _follow(Spot(spot.file, value, ()), left - 1) if value is not None else None


def _values(function: ast.AST, name: str) -> list[ast.expr]:
    found = []
    for node in own_nodes(function):
        if isinstance(node, ast.Assign):
            targets: list[ast.expr] = node.targets
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            targets = [node.target]
        else:
            continue
        if node.value is not None and any(
            isinstance(target, ast.Name) and target.id == name for target in targets
        ):
            found.append(node.value)
    return found


def _mentions(value: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(value))


def _follow_attribute(spot: Spot, node: ast.Attribute, left: int) -> Spot | None:
    if node.attr in _HAND_ON:
        return _follow(spot.at(node.value), left - 1)
    owner = node.value
    if isinstance(owner, ast.Name) and owner.id in {"self", "cls"} and spot.cls is not None:
        value = assigned(spot.cls.body, node.attr)
        if value is not None:
            return _follow(Spot(spot.file, value, (spot.cls,)), left - 1)
        return None
    manager = _object(spot, node)
    # Model.objects, or any other manager of a model.
    return spot if hasattr(manager, "get_queryset") else None


def _follow_call(spot: Spot, node: ast.Call, left: int) -> Spot | None:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if isinstance(function, ast.Attribute):
        if name in _END_QUERYSET:
            receiver = spot.at(function.value)
            return _follow(receiver, left - 1) or receiver
        if name in _GIVE_QUERYSET and not _is_own_method(spot, function):
            return spot
        if name in _HAND_ON:
            return _follow(spot.at(function.value), left - 1)
    if name in _GO_THROUGH or any(word.arg == "many" for word in node.keywords):
        # cast("Type", value) has it last, all others first.
        given = node.args[-1:] if name == "cast" else node.args[:1]
        given = given or [word.value for word in node.keywords if word.arg == "instance"]
        return _follow(spot.at(given[0]), left - 1) if given else None
    body = _function_body(spot, function)
    if body is not None:
        return _follow(body, left - 1) or body
    return None


def _is_own_method(spot: Spot, function: ast.Attribute) -> bool:
    owner = function.value
    return (
        isinstance(owner, ast.Name)
        and owner.id == "self"
        and spot.cls is not None
        and any(
            isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)) and each.name == function.attr
            for each in spot.cls.body
        )
    )


def _function_body(spot: Spot, function: ast.expr) -> Spot | None:
    """What a called function of the project returns."""
    if (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id in {"self", "cls"}
        and spot.cls is not None
    ):
        for each in spot.cls.body:
            if (
                isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
                and each.name == function.attr
            ):
                return returned(spot.file, each, (spot.cls, each))
    if isinstance(function, ast.Name):
        for around in reversed((tree_of(spot.file), *spot.around)):
            for each in getattr(around, "body", ()):
                if (
                    isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
                    and each.name == function.id
                ):
                    inside = () if around is tree_of(spot.file) else (around,)
                    return returned(spot.file, each, (*inside, each))
    found = _object(spot, function)
    if found is None and isinstance(function, ast.Attribute):
        # A method of a custom manager or queryset, on any chain that begins with a manager.
        found = _queryset_method(spot, function)
    return function_spot(found) if found is not None and _is_project(found) else None


def _queryset_method(spot: Spot, function: ast.Attribute) -> Any:
    base: ast.expr = function.value
    while True:
        manager = _object(spot, base)
        if manager is not None:
            break
        if isinstance(base, ast.Call):
            base = base.func
        elif isinstance(base, ast.Attribute):
            base = base.value
        else:
            return None
    for cls in (getattr(manager, "_queryset_class", None), type(manager)):
        method = inspect.getattr_static(cls, function.attr, None) if cls is not None else None
        if inspect.isfunction(method) and method.__name__ != "manager_method":
            return method
    return None


def _is_project(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).partition(".")[0] not in {
        "django",
        "rest_framework",
    }


def _object(spot: Spot, node: ast.expr) -> Any:
    """What a dotted name of the module stands for; models are asked for their managers only."""
    if isinstance(node, ast.Name):
        module = module_of(spot.file)
        return getattr(module, node.id, None) if module is not None else None
    if isinstance(node, ast.Attribute):
        owner = _object(spot, node.value)
        if inspect.ismodule(owner):
            return getattr(owner, node.attr, None)
        if isinstance(owner, type):
            static = inspect.getattr_static(owner, node.attr, None)
            if type(static).__name__ == "ManagerDescriptor":
                return getattr(owner, node.attr, None)
            return static.__func__ if isinstance(static, (staticmethod, classmethod)) else static
    return None
