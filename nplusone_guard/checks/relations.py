"""A model's attribute → the relation it stands for, as Django's own descriptors tell."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models.fields import related_descriptors as plain

from nplusone_guard.capture.descriptors import label

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model

#: Where no model has a generic relation it is not loaded, and must not be without its app.
_generic_fields: Any = sys.modules.get("django.contrib.contenttypes.fields")


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation, seen from the rows that it hangs on.

    ``name``: as findings call it (``"orders.Order.items"``).  ``lookup``: the attribute, and its
    name in ``prefetch_related``.  ``query_name``: its name in ``select_related`` and ``annotate``.
    ``model``: that of the related rows; ``None`` for a generic key.  ``many``: it leads to several
    rows.  ``joinable``: ``select_related`` can follow it.  ``key``: its column is in the row.
    ``back``: the attribute of the related rows that Django sets to the row they were loaded for.
    """

    name: str
    lookup: str
    query_name: str
    model: type[Model] | None
    many: bool = False
    joinable: bool = False
    key: bool = False
    back: str | None = None
    parent_link: bool = False


def relation(model: type[Model], attribute: str) -> Relation | None:
    """The relation behind an attribute.

    ``None`` for a column, a method or a property, and for descriptors that are not Django's own:
    what those do is not known.
    """
    descriptor: Any = inspect.getattr_static(model, attribute, None)
    read = _READERS.get(type(descriptor))
    return read(descriptor, attribute) if read is not None else None


def _forward(descriptor: Any, _: str) -> Relation:
    field = descriptor.field
    remote = field.remote_field
    return Relation(
        f"{label(field.model)}.{field.name}",
        field.name,
        field.name,
        remote.model,
        joinable=True,
        key=True,
        back=remote.get_accessor_name() if field.one_to_one else None,
        parent_link=remote.parent_link,
    )


def _reverse(descriptor: Any, attribute: str) -> Relation:
    one = isinstance(descriptor, plain.ReverseOneToOneDescriptor)
    related = descriptor.related if one else descriptor.rel
    return Relation(
        f"{label(related.model)}.{attribute}",
        attribute,
        related.name,
        related.related_model,
        many=not one,
        joinable=one,
        back=related.field.name,
    )


def _many_to_many(descriptor: Any, attribute: str) -> Relation:
    related = descriptor.rel
    owner, target, name = related.related_model, related.model, attribute
    if descriptor.reverse:
        owner, target, name = target, owner, related.name
    return Relation(f"{label(owner)}.{attribute}", attribute, name, target, many=True)


def _generic(descriptor: Any, attribute: str) -> Relation:
    field, model = descriptor.rel.field, descriptor.rel.model
    return Relation(
        f"{label(field.model)}.{attribute}",
        attribute,
        attribute,
        model,
        many=True,
        back=_generic_key_back(field, model),
    )


def _generic_key(descriptor: Any, attribute: str) -> Relation:
    field = getattr(descriptor, "field", descriptor)
    return Relation(f"{label(field.model)}.{attribute}", attribute, attribute, None)


def _generic_key_back(field: Any, model: type[Model]) -> str | None:
    wanted = (field.content_type_field_name, field.object_id_field_name)
    for key in model._meta.private_fields:  # noqa: SLF001
        is_generic = isinstance(key, _generic_fields.GenericForeignKey)
        if is_generic and (key.ct_field, key.fk_field) == wanted:
            return str(key.name)
    return None


_READERS: Final[dict[type, Callable[[Any, str], Relation]]] = {
    plain.ForwardManyToOneDescriptor: _forward,
    plain.ForwardOneToOneDescriptor: _forward,
    plain.ReverseOneToOneDescriptor: _reverse,
    plain.ReverseManyToOneDescriptor: _reverse,
    plain.ManyToManyDescriptor: _many_to_many,
}
if _generic_fields is not None:
    _READERS[_generic_fields.ReverseGenericManyToOneDescriptor] = _generic
    # Django 5.2 and 6.0: GenericForeignKey is its own descriptor.
    _key = getattr(_generic_fields, "GenericForeignKeyDescriptor", None)
    _READERS[_key or _generic_fields.GenericForeignKey] = _generic_key
