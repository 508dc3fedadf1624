"""What the class of a model tells: its names, its keys, what is unique.  No query is run for it.

A model is found by its label, where Django has it loaded; elsewhere the answers are the usual ones.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def model_named(label: str | None) -> Any:
    """The class of ``app.Model``, or ``None``."""
    apps = getattr(sys.modules.get("django.apps"), "apps", None)
    app, _, name = (label or "").rpartition(".")
    return getattr(apps, "all_models", {}).get(app, {}).get(name.lower())


def has_name(label: str | None, name: str) -> bool:
    """Whether an object of a model has an attribute of that name, or its table a field."""
    model = model_named(label)
    return model is not None and (name in dir(model) or name in _fields(model))


def pointed_at(label: str | None, remote: str) -> str:
    """The field of the other model that a foreign key's values are taken from, ``pk`` as a rule."""
    target = _target(_fields(model_named(label)).get(remote))
    return "pk" if target is None or target.primary_key else str(target.name)


def unique_within(label: str | None, names: Iterable[str]) -> tuple[str, ...]:
    """Those of some columns by which at most one row is found; empty where there is no promise.

    A column that may be NULL promises nothing: the database takes two NULLs for different.
    """
    model = model_named(label)
    if model is None:
        return ()
    fields = _fields(model)
    fields["pk"] = model._meta.pk  # noqa: SLF001
    given = {fields[name].name: fields[name] for name in names if name in fields}
    keys = [(name,) for name, field in given.items() if getattr(field, "unique", False)]
    keys += model._meta.unique_together  # noqa: SLF001
    keys += [each.fields for each in model._meta.total_unique_constraints if not each.deferrable]  # noqa: SLF001
    return next(
        (tuple(key) for key in keys if all(name in given and not given[name].null for name in key)),
        (),
    )


def key_by_column(label: str | None, column: str) -> str | None:
    """The name of the field that has a column."""
    fields = _fields(model_named(label)).values()
    return next((str(each.name) for each in fields if getattr(each, "column", 0) == column), None)


def key_of(label: str | None, relation: str) -> tuple[str, frozenset[str]] | None:
    """The attribute that has a relation's key, and what it is called on the object it leads to.

    ``None`` for a relation that has no key on this side.
    """
    field = _fields(model_named(label)).get(relation)
    if field is None or not (field.concrete and (field.many_to_one or field.one_to_one)):
        return None
    names: set[str] = set()
    target = _target(field)
    while target is not None:
        names |= {target.attname, *(["pk"] if target.primary_key else [])}
        if target.is_relation and target.remote_field.parent_link:
            target = _target(target)  # the parent's own key is the same
        else:
            names |= set() if target.is_relation else {target.name}
            target = None
    return (str(field.attname), frozenset(names)) if names else None


def may_be_null(label: str | None, relation: str) -> bool:
    """Whether a key may lead nowhere."""
    return bool(getattr(_fields(model_named(label)).get(relation), "null", False))


def read_through(label: str | None, column: str) -> tuple[tuple[str, ...], str] | None:
    """The relations by which objects have what ``values()`` has, and the attribute to read there.

    The attribute is empty where a relation leads to several objects.  ``None`` for what is no
    column.
    """
    relations: list[str] = []
    several = False
    parts = column.split("__")
    for number, part in enumerate(parts):
        field = _fields(model_named(label)).get(part)
        if field is None and part != "pk":
            # Behind a column: a part of its value, that Python has by another name.
            return None
        own = getattr(field, "attname", part)
        if field is None or not field.is_relation:
            rest = parts[number:]
            return (tuple(relations), "" if several or rest[1:] else ".".join([*relations, own]))
        key = key_of(label, part)
        if key is not None and (own == part or set(parts[number + 1 :]) <= key[1]):
            return tuple(relations), "" if several else ".".join([*relations, own])
        accessor = field.get_accessor_name() if field.auto_created else field.name
        if not accessor or field.related_model is None:
            return None
        relations.append(accessor)
        several = several or field.one_to_many or field.many_to_many
        label = field.related_model._meta.label  # noqa: SLF001
    return tuple(relations), ""


def _target(field: Any) -> Any:
    """The field whose values a relation's key holds; ``None`` where these are several."""
    way = getattr(field, "path_infos", None)
    fields: Any = way[-1].target_fields if way else ()
    return fields[0] if len(fields) == 1 else None


def _fields(model: Any) -> dict[str, Any]:
    """Fields and reverse relations by the names that queries take, those of columns among them."""
    found = {}
    for field in model._meta.get_fields(include_hidden=True) if model is not None else ():  # noqa: SLF001
        found[field.name] = field
        if getattr(field, "attname", None):
            found[field.attname] = field
    return found
