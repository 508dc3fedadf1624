"""Where a queryset was built: the expression that a call is to be added to.

A queryset is evaluated in one place and often built in another, which is not on the stack by
then.  What code evaluates is followed from there; what a template goes through, to what the view
gave it; what a view or an admin of Django or DRF evaluates, to its ``get_queryset`` or
``queryset``; what a field offers to choose from, to its declaration.  Where that ends, so does
the answer: a wrong place is worse than none.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from nplusone_guard.advise.follow import Trail, beginning
from nplusone_guard.advise.given import given
from nplusone_guard.advise.names import is_project, last_name, model_of, values_of
from nplusone_guard.advise.source import (
    Spot,
    class_definition,
    class_spot,
    definition,
    function_spots,
    spot_at,
)

if TYPE_CHECKING:
    from nplusone_guard.trace import CallSite, FieldPath, QueryGroup


def built(group: QueryGroup) -> CallSite | None:
    """The expression that builds a root group's queryset, or ``None`` where it is not found.

    A place without a column is a class that builds it for itself, or a function that builds one
    of several: there is no expression behind which a call could be added.
    """
    found = _found(group)
    return found.site() if found is not None and _fits(found, group) else None


def _found(group: QueryGroup) -> Spot | None:
    trail = Trail(group, of_view)
    view = group.view if isinstance(group.view, type) else None
    if group.path and group.site == group.path[0]:
        spot = spot_at(group.path[0])
        if spot is None:
            return None
        found = trail.follow(spot)
        if found is None and view is not None and _hands_over(spot):
            return of_view(trail, view)
        return found
    if group.field is None:
        return of_view(trail, view) if view is not None else None
    if isinstance(group.field.owner, type):
        return _declared(trail, group.field, group.field.owner)
    return given(trail, group, of_view)


def _hands_over(spot: Spot) -> bool:
    """Whether an expression leaves it all to the view's framework: ``super().list(request)``."""
    node = spot.node.value if isinstance(spot.node, ast.Await) else spot.node
    if not isinstance(node, ast.Call):
        return False
    begun = beginning(spot.at(node)).node
    if not isinstance(begun, ast.Name):
        return False
    if isinstance(node.func, ast.Attribute):
        return begun.id in {"self", "super"}
    # A decorator's wrapper calls the view that it was given.
    return any(begun.id in {a.arg for a in each.args.args} for each in spot.functions[1:])


def of_view(trail: Trail, view: type, left: int = 24) -> Spot | None:
    """What the class of a view or an admin shows: its method, its attribute, or itself."""
    own = [cls for cls in view.__mro__ if is_project(cls)]
    attribute = _attribute(view, own)
    owner = next((cls for cls in own if "get_queryset" in vars(cls)), None)
    if owner is None:
        return attribute
    method = vars(owner)["get_queryset"]
    spots = function_spots(method)
    if owner is not view and attribute is not None and all(map(_takes_the_attribute, spots)):
        return attribute
    if len(spots) == 1:
        return trail.follow(spots[0], left - 1) or spots[0]
    found = trail.one_of(spots, left - 1)
    written = definition(method)
    if found is None and written is not None:
        file, function, around = written
        return Spot(file, function, around)
    return found


def _attribute(view: type, own: list[type]) -> Spot | None:
    for cls in own:
        if vars(cls).get("queryset") is not None:
            found = class_spot(cls, "queryset")
            return None if found is None or _is_nothing(found.node) else found
    by_itself = hasattr(view, "get_queryset") and (
        hasattr(view, "list_select_related") or getattr(view, "model", None) is not None
    )
    return class_definition(view) if by_itself and view in own else None


def _is_nothing(node: ast.AST) -> bool:
    """Whether an expression can't have loaded any row: ``None``, ``Order.objects.none()``."""
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.Call) and last_name(node.func) == "none"
    )


def _takes_the_attribute(spot: Spot) -> bool:
    """Whether an expression begins with ``super()``, ``self.queryset`` or ``self.model``."""
    for _ in range(8):
        begun = beginning(spot).node
        name = begun.id if isinstance(begun, ast.Name) else ""
        if name == "super":
            return True
        if name == "self":
            return any(
                isinstance(each, ast.Attribute)
                and each.attr in {"queryset", "model"}
                and last_name(each.value) == "self"
                for each in ast.walk(spot.node)
            )
        values = values_of(spot.functions[0], name) if spot.functions else []
        first = [value for value in values if name not in _names(value)]
        if len(first) != 1:
            return False
        spot = spot.at(first[0])
    return False


def _names(node: ast.expr) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _declared(trail: Trail, field: FieldPath, owner: type) -> Spot | None:
    """What an admin shows inline, or what a field of a form or serializer offers to choose."""
    is_admin = hasattr(owner, "formfield_for_foreignkey")
    if is_admin and not field.name:
        return of_view(trail, owner)
    own = [cls for cls in owner.__mro__ if is_project(cls)]
    for cls in own:
        for value in _set_later(cls, field.name):
            return trail.follow(value) or value
        declared = class_spot(cls, field.name)
        if declared is not None:
            call = declared.node
            words = call.keywords if isinstance(call, ast.Call) else []
            given_to = next((word.value for word in words if word.arg == "queryset"), None)
            if given_to is None and hasattr(owner, "base_fields") and isinstance(call, ast.Call):
                given_to = next(iter(call.args), None)
            if given_to is None or _is_nothing(given_to):
                return None
            return trail.follow(declared.at(given_to)) or declared.at(given_to)
    method = "formfield_for_foreignkey" if is_admin else "__init__"
    makes_it_itself = is_admin or hasattr(owner, "base_fields")
    if makes_it_itself and own and not any(method in vars(cls) for cls in own):
        return class_definition(owner)
    return None


def _set_later(cls: type, name: str) -> list[Spot]:
    """What a form's methods set: ``self.fields["customer"].queryset = ...``."""
    found = class_definition(cls)
    if found is None:
        return []
    return [
        Spot(found.file, node.value, (found.node, function))
        for function in getattr(found.node, "body", ())
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute)
        and target.attr == "queryset"
        and isinstance(target.value, ast.Subscript)
        and isinstance(target.value.slice, ast.Constant)
        and target.value.slice.value == name
    ]


def _fits(spot: Spot, group: QueryGroup) -> bool:
    """Whether what is built there has the model whose rows were read.

    An expression that does not tell its model must have been reached from code.
    """
    model = group.access.model if group.access is not None else None
    built_model = model_of(spot) if isinstance(spot.node, ast.expr) else None
    if built_model is not None:
        return bool(built_model._meta.label == model)  # noqa: SLF001
    owner = group.view
    if group.field is not None:
        # What a field offers is what it declares; what an admin shows inline has its model.
        if isinstance(group.field.owner, type) and group.field.name:
            return True
        owner = group.field.owner or owner
    elif group.path and group.site == group.path[0]:
        return True
    return isinstance(owner, type) and model in shown_models(owner)


def shown_models(view: type) -> set[str]:
    """The labels of the models that a view or an admin is about, as far as its class tells."""
    serializer = getattr(view, "serializer_class", None)
    found: list[Any] = [
        getattr(getattr(view, "queryset", None), "model", None),
        getattr(view, "model", None),
        getattr(getattr(serializer, "Meta", None), "model", None),
        *admin_models(view),
    ]
    return {str(each._meta.label) for each in found if hasattr(each, "_meta")}  # noqa: SLF001


def admin_models(admin: type) -> list[Any]:
    """The models that a class of an admin is registered for."""
    if not hasattr(admin, "list_select_related"):
        return []
    from django.contrib.admin.sites import all_sites  # noqa: PLC0415  only where it is used

    return [
        model
        for site in all_sites
        for model, registered in site._registry.items()  # noqa: SLF001
        if type(registered) is admin
    ]
