"""Frames of Django's descriptors → :class:`Access`: a relation or column loaded on reading it.

A reader takes the local variables of a descriptor's ``__get__`` and gives the access and the
instance it hangs on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import Model

from nplusone_guard.trace import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Reader = Callable[[Mapping[str, Any]], Access]


def label(model: Any) -> str | None:
    """``app.Model`` of a model class."""
    meta = getattr(model, "_meta", None)
    return str(meta.label) if meta is not None else None


def default_manager(model: Any) -> str:
    """The name of a model's default manager."""
    manager = getattr(getattr(model, "_meta", None), "default_manager", None)
    return str(getattr(manager, "name", None) or "objects")


def _has_peers(instance: Any) -> bool:
    # Fetch modes came with Django 6.1.
    mode = getattr(getattr(instance, "_state", None), "fetch_mode", None)
    return bool(getattr(mode, "track_peers", False))


def _forward(names: Mapping[str, Any]) -> Access:
    field, instance = names["self"].field, names.get("instance")
    operation = "lazy one-to-one" if field.one_to_one else "lazy forward"
    if getattr(field.remote_field, "parent_link", False):
        operation = "parent link"
    return Access(
        operation,
        model=label(field.remote_field.model),
        relation=f"{label(field.model)}.{field.name}",
        lookup=field.name,
        instance_model=label(type(instance)),
        remote=field.remote_field.get_accessor_name() if field.one_to_one else None,
        peers=_has_peers(instance),
    )


def _reverse_one_to_one(names: Mapping[str, Any]) -> Access:
    related, instance = names["self"].related, names.get("instance")
    accessor = related.get_accessor_name()
    return Access(
        "lazy one-to-one",
        model=label(related.related_model),
        relation=f"{label(related.model)}.{accessor}",
        lookup=accessor,
        instance_model=label(type(instance)),
        remote=related.field.name,
        query_name=related.name,
        peers=_has_peers(instance),
    )


def _deferred(names: Mapping[str, Any]) -> Access:
    field, instance = names["self"].field, names.get("instance")
    model = label(field.model)
    return Access(
        "deferred column",
        model=model,
        relation=f"{model}.{field.name}",
        lookup=field.name,
        instance_model=label(type(instance)),
        peers=_has_peers(instance),
    )


def _generic_key(names: Mapping[str, Any]) -> Access:
    descriptor, instance = names["self"], names.get("instance")
    field = getattr(descriptor, "field", descriptor)  # Django 5.2 and 6.0: its own descriptor
    return Access(
        "generic key",
        generic=True,
        relation=f"{label(field.model)}.{field.name}",
        lookup=field.name,
        instance_model=label(type(instance)),
        peers=_has_peers(instance),
    )


def _content_type(names: Mapping[str, Any]) -> Access:
    return Access("content type", model=label(names["self"].model))


_RELATED = "django/db/models/fields/related_descriptors.py"
#: (file, qualified name) → reader.
DESCRIPTORS: Final[dict[tuple[str, str], Reader]] = {
    (_RELATED, "ForwardManyToOneDescriptor.__get__"): _forward,
    (_RELATED, "ForwardOneToOneDescriptor.__get__"): _forward,
    (_RELATED, "ReverseOneToOneDescriptor.__get__"): _reverse_one_to_one,
    ("django/db/models/query_utils.py", "DeferredAttribute.__get__"): _deferred,
    # Django 5.2 and 6.0: GenericForeignKey is its own descriptor.
    ("django/contrib/contenttypes/fields.py", "GenericForeignKey.__get__"): _generic_key,
    ("django/contrib/contenttypes/fields.py", "GenericForeignKeyDescriptor.__get__"): _generic_key,
    # Looked up on the way to a generic key, and cached by Django from then on.
    ("django/contrib/contenttypes/models.py", "ContentTypeManager.get_for_id"): _content_type,
    ("django/contrib/contenttypes/models.py", "ContentTypeManager.get_for_model"): _content_type,
}


def hangs_on(names: Mapping[str, Any]) -> Model | None:
    """The instance in a descriptor's frame."""
    instance = names.get("instance")
    return instance if isinstance(instance, Model) else None
