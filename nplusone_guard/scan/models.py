"""Whose rows a view shows, and which of their values its route takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps

if TYPE_CHECKING:
    from nplusone_guard.scan.targets import Target


def model_behind(target: Target) -> Any:
    """The model whose rows a view shows, as far as its class tells; else ``None``."""
    view = target.view
    if target.model is not None:
        return target.model
    if not isinstance(view, type):
        return _by_parameters(target)
    queryset = getattr(view, "queryset", None)
    for found in (
        getattr(queryset, "model", None),
        getattr(view, "model", None),
        getattr(getattr(getattr(view, "serializer_class", None), "Meta", None), "model", None),
    ):
        if isinstance(found, type) and hasattr(found, "_meta"):
            return found
    return _by_serializers(view) or _by_parameters(target)


def _by_serializers(view: type) -> Any:
    """The one model of the serializers that the class names."""
    metas = [
        getattr(getattr(view, name, None), "Meta", None)
        for name in dir(view)
        if "serializer" in name
    ]
    models = [getattr(meta, "model", None) for meta in metas]
    found = {model for model in models if isinstance(model, type)}
    return found.pop() if len(found) == 1 else None


def _by_parameters(target: Target) -> Any:
    """The model that ``order_id`` or ``order_pk`` names, where one is called so."""
    for name in reversed(target.parameters):
        stem = name.removesuffix("_id").removesuffix("_pk").replace("_", "")
        found = [model for model in apps.get_models() if model._meta.model_name == stem]
        if len(found) == 1:
            return found[0]
    return None


def value_of(target: Target, name: str, row: Any) -> Any:
    """What a row gives for a parameter of the route; ``None`` where it has nothing of the kind."""
    view = target.view
    field = {
        getattr(view, "lookup_url_kwarg", None) or getattr(view, "lookup_field", None): getattr(
            view, "lookup_field", None
        ),
        getattr(view, "pk_url_kwarg", None): "pk",
        getattr(view, "slug_url_kwarg", None): getattr(view, "slug_field", None),
    }.get(name)
    stem, last = name, ""
    for end in ("_id", "_pk", "_slug", "_uuid"):
        if name.endswith(end):
            stem, last = name.removesuffix(end), "pk" if end == "_id" else end[1:]
    own = row._meta.model_name == stem.replace("_", "")
    for path in (field, name, last if own else None, f"{stem}.{last or 'pk'}"):
        value = _read(row, path)
        if value is not None:
            return value
    value = _of_many(row, stem.replace("_", ""), last)
    if value is not None:
        return value
    return row.pk if name in {"id", "pk", "object_id"} or name.startswith("_") else None


def _of_many(row: Any, stem: str, last: str) -> Any:
    """The key of a row that has this one among its many, or is one of its many."""
    for each in row._meta.get_fields():
        related: Any = each.related_model
        if not (each.one_to_many or each.many_to_many) or related is None:
            continue
        if related._meta.model_name != stem:
            continue
        name: Any = each.get_accessor_name() if each.auto_created else each.name
        rows: Any = getattr(row, name, None)
        first = rows.first() if hasattr(rows, "first") else None
        return _read(first, last or "pk")
    return None


def parents_of(target: Target, model: Any) -> tuple[str, ...]:
    """Keys of a model that parameters of the route go through: ``order`` of ``<order_pk>``.

    Rows that share what these lead to are listed together.
    """
    if model is None:
        return ()
    found: list[str] = []
    for key in model._meta.fields:
        related: Any = key.related_model
        if not key.many_to_one or not isinstance(related, type):
            continue
        named = {key.name, related._meta.model_name}  # type: ignore[attr-defined]
        for name in target.parameters:
            stem, _, last = name.rpartition("_")
            plain = {name, stem if last in {"id", "pk", "slug", "uuid"} else name}
            if named & {*plain, *(each.replace("_", "") for each in plain)}:
                found.append(key.name)
                break
    return tuple(found)


def _read(row: Any, path: str | None) -> Any:
    if not path:
        return None
    found = row
    for step in path.replace("__", ".").split("."):
        found = getattr(found, step, None)
        if found is None or callable(found):
            return None
    return getattr(found, "pk", found)
