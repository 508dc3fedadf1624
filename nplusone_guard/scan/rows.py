"""Data for a scan: k rows of a model, with k rows for each relation to many of each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import transaction

from nplusone_guard.capture.code import is_project_file
from nplusone_guard.scan.bake import baked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.models import Model

    from nplusone_guard.scan.hints import Hints

_PATHS_TO_USERS = 3
_MOST_SAID = 160


class NoRows(Exception):
    """Rows of a model could not be made; the message says which, why, and what helps."""


@dataclass(slots=True)
class Rows:
    """Makes rows.  ``failed``: what could not be made, by the model's label."""

    hints: Hints
    failed: dict[str, str] = field(default_factory=dict)

    def grow(
        self,
        models: Sequence[type[Model]],
        size: int,
        owner: Any = None,
        parents: Sequence[str] = (),
    ) -> list[Any]:
        """``size`` rows of each model, and as many that are ``owner``'s where rows have owners.

        They share what their keys ``parents`` lead to.  Each gets ``size`` rows for each of its
        relations to many; of several models only the last does, the others one each, or their
        numbers would multiply.  Raises :class:`NoRows` where the only model can not be made; of
        several, what can't is in ``failed``.
        """
        made: list[Any] = []
        alone = len(models) == 1
        for each in models:
            try:
                made += self._of(each, size, owner, parents, size if alone else 1)
            except NoRows as error:
                if alone:
                    raise
                self.failed[each._meta.label] = str(error)
        return made

    def _of(
        self, model: type[Model], size: int, owner: Any, parents: Sequence[str], most: int
    ) -> list[Any]:
        """``most``: how many rows hang on a row, but for the last, which gets ``size``."""
        rows = self._alike(model, size, {}, parents)
        own: list[Any] = []
        owned = self._owned(model, owner)
        if owned:
            one = any(model._meta.get_field(name).unique for name in owned)  # type: ignore[union-attr]
            there = model._default_manager.filter(**owned).first() if one else None
            own = [there] if there else self._alike(model, 1 if one else size, owned, parents)
        for some in (rows, own):
            for number, row in enumerate(some, 1):
                self._fill(row, size if number == len(some) else most)
        return rows + own

    def _fill(self, row: Any, size: int) -> None:
        """Rows that hang on one."""
        for accessor, related, name in to_many(type(row)):
            self._hang(row, accessor, related, name, size)
        for related, name in to_one(type(row)):
            self._hang(row, "", related, name, 1)

    def _alike(
        self, model: type[Model], size: int, values: dict[str, Any], parents: Sequence[str]
    ) -> list[Any]:
        first = self.make(model, **values)
        shared = {name: getattr(first, name) for name in parents}
        shared = {name: value for name, value in shared.items() if value is not None}
        return [first, *(self.make(model, **{**shared, **values}) for _ in range(size - 1))]

    def make(self, model: type[Model], **values: Any) -> Any:
        """One row, saved."""
        label = model._meta.label
        try:
            with transaction.atomic():
                factory = self.hints.factories.get(label)
                if factory is None:
                    return baked(model, values)
                create = getattr(factory, "create", factory)
                return create(**values)
        except ImportError as error:
            raise NoRows(
                f"no row of {label} could be made ({shortened(error)}); rows are made by "
                "model-bakery: install nplusone-guard[scan], or name factories in the hints"
            ) from error
        except Exception as error:
            name = type(error).__name__
            raise NoRows(
                f"no row of {label} could be made ({name}: {shortened(error)}); "
                f'name a factory: [factories] "{label}" = "path.to.factory"'
            ) from error

    def _hang(self, row: Any, accessor: str, related: type[Model], name: str, size: int) -> None:
        label = related._meta.label
        if label in self.failed:
            return
        try:
            if name:  # the key of the other side
                unique = related._meta.get_field(name).unique  # type: ignore[union-attr]
                if unique and related._default_manager.filter(**{name: row}).exists():
                    return
                for _ in range(size):
                    self.make(related, **{name: row})
            else:
                getattr(row, accessor).add(*(self.make(related) for _ in range(size)))
        except Exception as error:  # noqa: BLE001  one relation less is seen, and said
            said = str(error) if isinstance(error, NoRows) else shortened(error)
            self.failed[label] = said

    def _owned(self, model: type[Model], owner: Any) -> dict[str, Any]:
        """What makes a row the owner's: ``{"user": owner}``, or a row between that is."""
        if owner is None:
            return {}
        path = next(_paths_to_users(model), None)
        if path is None:
            return {}
        value = owner
        for step in reversed(path[1:]):
            between = step.model
            found = between._default_manager.filter(**{step.name: value}).first()
            value = found if found is not None else self.make(between, **{step.name: value})
        return {path[0].name: value}


def project_models() -> list[type[Model]]:
    """The models that the project itself declares."""
    return [
        model
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy and _is_own(model)
    ]


def to_many(model: type[Model]) -> Iterator[tuple[str, type[Model], str]]:
    """Accessor, model and key of each relation to many; no key for one with a table between."""
    for each in model._meta.get_fields():
        related: Any = each.related_model
        if not (each.one_to_many or each.many_to_many) or related in (None, "self"):
            continue
        if isinstance(related, str) or not related._meta.managed:
            continue
        if each.many_to_many:
            owning = each if not each.auto_created else each.remote_field
            through = owning.remote_field.through  # type: ignore[union-attr]
            accessor = each.name if not each.auto_created else each.get_accessor_name()  # type: ignore[union-attr]
            if through._meta.auto_created and accessor and not accessor.endswith("+"):
                yield accessor, related, ""
        elif each.auto_created and _is_own(related):
            accessor = each.get_accessor_name()  # type: ignore[union-attr]
            if accessor and not accessor.endswith("+"):
                yield accessor, related, each.field.name  # type: ignore[union-attr]


def to_one(model: type[Model]) -> Iterator[tuple[type[Model], str]]:
    """Model and key of each one-to-one relation that the other side has the key of.

    Not of what inherits from the model: its rows are rows of their own.
    """
    for each in model._meta.get_fields():
        related: Any = each.related_model
        if each.one_to_one and not each.concrete and isinstance(related, type):
            key: Any = each.field  # type: ignore[union-attr]
            if not key.remote_field.parent_link and related._meta.managed and _is_own(related):  # type: ignore[attr-defined]
                yield related, key.name


def _paths_to_users(model: type[Model]) -> Iterator[tuple[Any, ...]]:
    """Chains of keys from a model to the user, the shortest first; through own models alone."""
    user = get_user_model()
    chains: list[tuple[Any, ...]] = [()]
    for _ in range(_PATHS_TO_USERS):
        longer: list[tuple[Any, ...]] = []
        for chain in chains:
            last = chain[-1].related_model if chain else model
            for key in last._meta.fields:
                if not key.is_relation or key.related_model in (None, last):
                    continue
                if key.related_model._meta.concrete_model is user._meta.concrete_model:
                    yield (*chain, key)
                elif _is_own(key.related_model):
                    longer.append((*chain, key))
        chains = longer


def _is_own(model: Any) -> bool:
    import sys  # noqa: PLC0415

    file = getattr(sys.modules.get(model.__module__), "__file__", None)
    return file is not None and is_project_file(file)


def shortened(error: Exception) -> str:
    """The first line of what an error says."""
    return (str(error).splitlines() or [""])[0][:_MOST_SAID]
