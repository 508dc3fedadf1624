"""A row by model-bakery."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import IntegrityError, transaction

if TYPE_CHECKING:
    from django.db.models import Model


def baked(model: type[Model], values: dict[str, Any]) -> Any:
    """A row with these values, saved, and with what its keys lead to, those that may be null too.

    Where the project itself makes the one row that there can be (a profile for each user, in a
    signal), it is that.  Raises ``ImportError``, and whatever making it raises.
    """
    from model_bakery import baker  # noqa: PLC0415  an extra

    _teach()
    keys = [key for key in model._meta.fields if key.is_relation and key.name not in values]
    optional = [key.name for key in keys if key.null and _leads_on(key.related_model, model)]
    try:
        with transaction.atomic(using=model._default_manager.db):
            return baker.make(model, _fill_optional=optional or False, **values)
    except IntegrityError:
        for key in keys:
            if key.unique and _leads_on(key.related_model, model) and not key.primary_key:
                other = baked(key.related_model, {})  # type: ignore[arg-type]
                found = model._default_manager.filter(**{key.name: other}).first()
                if found is not None:
                    return found
        raise


def _leads_on(related: Any, model: type[Model]) -> bool:
    return isinstance(related, type) and related is not model


@cache
def _teach() -> None:
    """A field of a class that inherits from one of Django's gets values as that does."""
    from model_bakery import generators  # noqa: PLC0415  an extra

    known = generators.get_type_mapping()
    for model in apps.get_models():
        for each in model._meta.get_fields():
            kind = type(each)
            if kind in known or generators.get(kind) is not None:
                continue
            base = next((base for base in kind.__mro__ if base in known), None)
            if base is not None:
                generators.user_mapping[kind] = known[base]
