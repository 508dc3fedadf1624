"""What to type where a class builds its queryset by itself, so that no call can be added to it.

A generic view is given a ``queryset``, an admin ``list_select_related`` or a ``get_queryset``, a
form's field its queryset once the form is made.  Causes that are mended on one class get one and
the same code: a second assignment would undo the first.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from textwrap import indent
from typing import TYPE_CHECKING, Any, NamedTuple

from nplusone_guard.advise.built import admin_models, shown_models
from nplusone_guard.advise.lookups import class_name
from nplusone_guard.advise.names import django_version, is_model, is_project, object_of
from nplusone_guard.advise.source import (
    class_definition,
    class_spot,
    definition,
    spot_at,
    tree_of,
)
from nplusone_guard.finding import Fix

if TYPE_CHECKING:
    from nplusone_guard.finding import Finding
    from nplusone_guard.trace import CallSite, QueryGroup

_SELECT = re.compile(r'^select_related\(("[^()]*")\)$')


class Advised(NamedTuple):
    """A finding with the group of its root queryset."""

    finding: Finding
    origin: QueryGroup | None


def on_class(advised: list[Advised]) -> list[Finding]:
    """The findings, with what is to be typed on a class in place of a call."""
    found = [_placed(each) for each in advised]
    together: dict[CallSite, list[tuple[int, Advised]]] = {}
    for number, each in enumerate(found):
        fix = each.finding.fix if each.origin is not None else None
        if fix is not None and fix.where is not None and fix.where.column is None and fix.code:
            together.setdefault(fix.where, []).append((number, each))
    findings = [each.finding for each in found]
    for members in together.values():
        fixes = _typed([each for _, each in members])
        for (number, each), fix in zip(members, fixes, strict=True):
            findings[number] = replace(each.finding, fix=fix)
    return findings


def counted_twice(group: QueryGroup) -> Fix | None:
    """An admin's list counts its rows, and once more without the filters that it may have."""
    owner = _owner(group)
    written = class_definition(owner) if owner is not None and is_project(owner) else None
    if written is None or owner is None or not _is_admin(owner) or group.path or group.field:
        return None
    if group.access is None or group.access.operation != "count":
        return None
    return Fix(
        code="show_full_result_count = False",
        explain=f"Set it on {owner.__name__}: its list counts the rows again without its filters, "
        "to show how many there are in all.",
        where=written.site(),
    )


def _owner(origin: QueryGroup) -> type | None:
    """The class that builds the queryset by itself."""
    owner = origin.field.owner if origin.field is not None else None
    owner = owner or origin.view
    return owner if isinstance(owner, type) else None


def _placed(advised: Advised) -> Advised:
    """A join goes into an admin's own list of them; a call on a model's name needs a manager."""
    finding, origin = advised
    fix = finding.fix
    if fix is None or not fix.code or origin is None:
        return advised
    owner = _owner(origin)
    if owner is not None and _joins_list(owner, origin) and _SELECT.match(fix.code):
        fix = _in_list(owner, origin, fix)
    elif fix.where is not None and fix.where.column is not None:
        spot = spot_at(fix.where)
        named = object_of(spot, spot.node) if spot and isinstance(spot.node, ast.expr) else None
        if is_model(named):
            fix = replace(fix, code=f"{named._default_manager.name}.{fix.code}")  # noqa: SLF001
        elif owner is not None and _is_admin(owner) and _SELECT.match(fix.code):
            fix = replace(fix, code=_select_related(owner, [fix.code]))
    return Advised(replace(finding, fix=fix), origin)


def _joins_list(owner: type, origin: QueryGroup) -> bool:
    """Whether the rows are those of an admin's list."""
    model = origin.access.model if origin.access is not None else None
    return _is_admin(owner) and _lists(origin) and model in shown_models(owner)


def _in_list(owner: type, origin: QueryGroup, fix: Fix) -> Fix:
    """The place of a join: on the class, unless the project's own queryset joins already."""
    if _selects(owner):
        return fix
    written = class_definition(owner) if is_project(owner) else None
    if written is not None:
        return replace(fix, where=written.site())
    model = class_name(origin.access.model if origin.access else None)
    return replace(
        fix,
        code=_list_select_related(owner, [fix.code]),
        explain=f"Set it on a ModelAdmin of {model}'s own{_effect(fix)}",
    )


def _typed(members: list[Advised]) -> list[Fix]:
    """One code for all that is mended on one class."""
    fixes = [each.finding.fix for each in members if each.finding.fix is not None]
    origins = [each.origin for each in members if each.origin is not None]
    owner = _owner(origins[0]) if origins else None
    written = class_definition(owner) if owner is not None else None
    where = fixes[0].where
    if where is None:
        return fixes
    if owner is None or written is None or written.site() != where:
        return [_for_function(fix) for fix in fixes] if _is_function(where) else fixes
    choices: dict[str, list[str]] = {}
    calls: list[str] = []
    listed: list[str] = []
    for fix, origin in zip(fixes, origins, strict=True):
        if origin.field is not None and origin.field.name:
            choices.setdefault(origin.field.name, []).append(fix.code)
        elif _is_admin(owner) and _lists(origin) and _SELECT.match(fix.code):
            listed.append(fix.code)
        else:
            calls.append(fix.code)
    code = "\n\n".join(
        part
        for part in (
            _list_select_related(owner, listed),
            _queryset(owner, calls),
            _choices(owner, choices),
        )
        if part
    )
    return [
        replace(fix, code=code, explain=f"Set it on {owner.__name__}{_effect(fix)}")
        for fix in fixes
    ]


def _is_function(where: CallSite) -> bool:
    """Whether a place without a column is a function, and not the line of an evaluation."""
    tree = tree_of(where.file)
    return tree is not None and any(
        isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.lineno == where.line
        for node in ast.walk(tree)
    )


def _for_function(fix: Fix) -> Fix:
    function = fix.where.function if fix.where is not None else ""
    return replace(fix, explain=f"Add it to each queryset that {function}() returns{_effect(fix)}")


def _effect(fix: Fix) -> str:
    """The explanation from its colon on."""
    _, colon, effect = fix.explain.partition(":")
    return f"{colon}{effect}"


def _is_admin(owner: type) -> bool:
    return hasattr(owner, "list_select_related")


def _lists(origin: QueryGroup) -> bool:
    """Whether the rows are those of an admin's list: only these are joined by its attribute."""
    return origin.field is None and (
        origin.access is not None and origin.access.operation == "iterate"
    )


def _selects(owner: type) -> bool:
    """Whether the project's own code joins already: the attribute is not looked at then."""
    for cls in owner.__mro__:
        for name in ("get_queryset", "get_list_select_related"):
            method = vars(cls).get(name) if is_project(cls) else None
            written = definition(method) if method is not None else None
            if method is not None and (
                written is None or "select_related" in ast.unparse(written[1])
            ):
                return True
    return False


def _quoted(names: list[str]) -> list[str]:
    return [f'"{name}"' for name in names]


def _names(code: str) -> list[str]:
    found = _SELECT.match(code)
    return re.findall(r'"([^"]*)"', found[1]) if found else []


def _joined(owner: type, codes: list[str]) -> list[str]:
    """What an admin's list joins already, and what it is to join."""
    given = getattr(owner, "list_select_related", False)
    names = list(given) if isinstance(given, (list, tuple)) else []
    shown = {str(each) for each in getattr(owner, "list_display", ())}
    for model in admin_models(owner) if isinstance(given, bool) else ():
        keys = [field for field in model._meta.fields if field.many_to_one]  # noqa: SLF001
        displayed = [field for field in keys if field.name in shown]
        if given or (displayed and django_version() < (6, 1)):
            # Up to Django 6.0 all keys that are never null, as soon as one is shown.
            names += [field.name for field in keys if not field.null]
        else:
            names += [field.name for field in displayed]
    return list(dict.fromkeys([*names, *(name for code in codes for name in _names(code))]))


def _list_select_related(owner: type, codes: list[str]) -> str:
    if not codes:
        return ""
    return f"list_select_related = [{', '.join(_quoted(_joined(owner, codes)))}]"


def _select_related(owner: type, codes: list[str]) -> str:
    """With what the list joins: it leaves a queryset alone that joins already."""
    names = codes if _selects(owner) else _joined(owner, codes)
    if names is codes:
        return ".".join(code for code in codes if _SELECT.match(code))
    return f"select_related({', '.join(_quoted(names))})"


def _queryset(owner: type, calls: list[str]) -> str:
    """An attribute for a view of a model, else a method."""
    if not calls:
        return ""
    if _is_admin(owner) and any(map(_SELECT.match, calls)):
        rest = [call for call in calls if not _SELECT.match(call)]
        calls = [_select_related(owner, calls), *rest]
    chain = ".".join(dict.fromkeys(calls))
    if hasattr(owner, "formfield_for_foreignkey"):
        return f"def get_queryset(self, request):\n    return super().get_queryset(request).{chain}"
    model: Any = getattr(owner, "model", None)
    spots = [class_spot(cls, "model") for cls in owner.__mro__ if "model" in vars(cls)]
    name = ast.unparse(spots[0].node) if spots and spots[0] is not None else model.__name__
    return f"queryset = {name}.{model._default_manager.name}.{chain}"  # noqa: SLF001


def _choices(owner: type, choices: dict[str, list[str]]) -> str:
    """Once the form's fields are made, they are given other querysets."""
    if not choices:
        return ""
    chains = {name: ".".join(dict.fromkeys(calls)) for name, calls in choices.items()}
    if not hasattr(owner, "formfield_for_foreignkey"):
        lines = [
            f'self.fields["{name}"].queryset = self.fields["{name}"].queryset.{chain}'
            for name, chain in chains.items()
        ]
        body = "\n".join(["super().__init__(*args, **kwargs)", *lines])
        return "def __init__(self, *args, **kwargs):\n" + indent(body, "    ")
    methods: dict[str, list[str]] = {}
    for name, chain in chains.items():
        kind = "manytomany" if _is_many_to_many(owner, name) else "foreignkey"
        methods.setdefault(kind, []).append(
            f'if db_field.name == "{name}":\n    field.queryset = field.queryset.{chain}'
        )
    return "\n\n".join(
        f"def formfield_for_{kind}(self, db_field, request, **kwargs):\n"
        + indent(
            "\n".join(
                [
                    f"field = super().formfield_for_{kind}(db_field, request, **kwargs)",
                    *lines,
                    "return field",
                ]
            ),
            "    ",
        )
        for kind, lines in methods.items()
    )


def _is_many_to_many(owner: type, name: str) -> bool:
    models = [*admin_models(owner), *filter(None, [getattr(owner, "model", None)])]
    return any(
        field.name == name
        for model in models
        for field in model._meta.many_to_many  # noqa: SLF001
    )
