"""Frames of graphql-core and django-ninja → the class that declares a field, and its name.

Nothing of them is imported: their frames hold their objects already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_resolved(names: Mapping[str, Any]) -> tuple[Any, str] | None:
    """Class and name of the field that ``ExecutionContext.execute_field`` resolves.

    The class is the project's, where graphene or strawberry made the type from one, else the
    type of graphql-core.
    """
    kind, nodes, path = names.get("parent_type"), names.get("field_nodes"), names.get("path")
    if kind is None or path is None:
        return None
    name = nodes[0].name.value if nodes else path.key
    return _class_of(kind), str(name)


def _class_of(kind: Any) -> Any:
    made = getattr(kind, "graphene_type", None)
    if made is None:
        extensions = getattr(kind, "extensions", None) or {}
        made = getattr(extensions.get("strawberry-definition"), "origin", None)
    if isinstance(made, type):
        return made
    # One by hand: it has a name, and nothing declares it.
    return _NAMED.setdefault(str(kind), type(str(kind), (), {"__module__": "graphql"}))


_NAMED: dict[str, type] = {}


def read_attribute(names: Mapping[str, Any]) -> tuple[Any, str] | None:
    """Class and name of the field that a schema of django-ninja reads from an object."""
    schema, key = getattr(names.get("self"), "_schema_cls", None), names.get("key")
    return (schema, key) if isinstance(schema, type) and isinstance(key, str) else None
