"""DRF's frames → serializer class, field name, source chain.

Nothing of DRF is imported: its frames hold its objects already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_serializer(
    names: Mapping[str, Any],
) -> tuple[type, str, tuple[str, ...], bool] | None:
    """Owner, name, source chain and to-many of the field in ``Serializer``'s loop over fields.

    ``names`` are the local variables of ``Serializer.to_representation`` or
    ``to_internal_value``; before the loop has begun they hold no field.
    """
    field = names.get("field")
    if field is None:
        return None
    many = hasattr(field, "child") or hasattr(field, "child_relation")
    sources = tuple(getattr(field, "source_attrs", ()))
    return type(names["self"]), field.field_name, sources, many


def model_label(serializer: object) -> str | None:
    """``app.Model`` of a model serializer's class."""
    model = getattr(getattr(serializer, "Meta", None), "model", None)
    meta = getattr(model, "_meta", None)
    return str(meta.label) if meta is not None else None
