"""A serializer and what its rows bring → the relations that each row would load by itself.

Only what the framework's own code reads: nested serializers, sources, related fields.  What a
method field, a property or ``__str__`` reads is not seen, and nothing is said about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rest_framework.relations import ManyRelatedField, RelatedField, SlugRelatedField
from rest_framework.serializers import ListSerializer, Serializer

from nplusone_guard.checks.loaded import Loaded, by_default
from nplusone_guard.checks.overrides import calls_super
from nplusone_guard.checks.relations import Relation, relation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.models import Model
    from rest_framework.fields import Field

#: Serializers that nest themselves are not followed for ever.
_DEEPEST: Final = 12
#: Methods of a related manager that a prefetch answers, in a source such as ``items.count``.
_ANSWERED: Final = frozenset({"all", "count", "exists"})


@dataclass(frozen=True, slots=True)
class Read:
    """A relation that is loaded once for each row, and the field that reads it.

    ``steps``: the way to it from the view's queryset.  ``owner``: the serializer class that has
    the field, under ``name``.  ``method``: what a source calls on the related manager.
    """

    steps: tuple[Relation, ...]
    field: str
    owner: type
    name: str
    method: str = "all"


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows that a serializer is given, how they are reached, and whether there are many."""

    model: type[Model] | None
    loaded: Loaded
    many: bool
    steps: tuple[Relation, ...] = ()
    parent: _Rows | None = None

    @property
    def back(self) -> str | None:
        return self.steps[-1].back if self.steps else None


def reads(serializer: Serializer[Any], rows: Loaded, *, many: bool) -> Iterator[Read]:
    """What ``serializer`` loads for each row; ``many``: it is given more than one."""
    start = _Rows(rows.model, rows, many)
    yield from _fields(serializer, start, type(serializer).__name__, 0)


def _fields(serializer: Serializer[Any], rows: _Rows, path: str, depth: int) -> Iterator[Read]:
    if depth > _DEEPEST or not _renders_fields(type(serializer)):
        return
    for name, field in serializer.fields.items():
        if field.write_only or not _reads_its_source(field):
            continue
        reader = _Reader(type(serializer), name, f"{path}.{name}", depth)
        if field.source == "*":
            if isinstance(field, Serializer):
                yield from _fields(field, rows, reader.path, depth + 1)
            continue
        yield from reader.read(field, rows)


def _renders_fields(cls: type) -> bool:
    """Whether the framework's loop over the fields runs: not replaced, or called by ``super()``."""
    for base in cls.__mro__:
        function = vars(base).get("to_representation")
        if function is None:
            continue
        if base is Serializer:
            return True
        if not calls_super(function, "to_representation"):
            return False
    return False


def _reads_its_source(field: Field[Any, Any, Any, Any]) -> bool:
    module = getattr(type(field).get_attribute, "__module__", "")
    return module in {"rest_framework.fields", "rest_framework.relations"}


@dataclass(frozen=True, slots=True)
class _Reader:
    """One field, on its way along its source."""

    owner: type
    name: str
    path: str
    depth: int

    def read(self, field: Field[Any, Any, Any, Any], rows: _Rows) -> Iterator[Read]:
        """Follow the source, then what the field does with its end."""
        attributes: Sequence[str] = field.source_attrs
        for position, attribute in enumerate(attributes):
            last = position == len(attributes) - 1
            if last and isinstance(field, RelatedField) and _key_is_enough(field, rows):
                return
            step = _step(rows, attribute)
            if step is None:
                return
            if step.relation is not None and step.relation.many:
                yield from self._many(field, step, attributes[position + 1 :])
                return
            yield from self._missing(step)
            rows = step.rows
        if isinstance(field, Serializer):
            yield from _fields(field, rows, self.path, self.depth + 1)
        elif isinstance(field, SlugRelatedField):
            yield from self._slug(field, rows)

    def _many(
        self, field: Field[Any, Any, Any, Any], step: _Step, rest: Sequence[str]
    ) -> Iterator[Read]:
        if rest and (len(rest) > 1 or rest[0] not in _ANSWERED):
            return
        method = rest[0] if rest else "all"
        if method != "all":
            yield from self._missing(step, method)
        elif isinstance(field, ListSerializer):
            if type(field).to_representation is not ListSerializer.to_representation:
                return
            yield from self._missing(step)
            if isinstance(field.child, Serializer):
                yield from _fields(field.child, step.rows, self.path, self.depth + 1)
        elif isinstance(field, ManyRelatedField):
            yield from self._missing(step)
            if isinstance(field.child_relation, SlugRelatedField):
                yield from self._slug(field.child_relation, step.rows)

    def _slug(self, field: SlugRelatedField[Any], rows: _Rows) -> Iterator[Read]:
        for attribute in str(field.slug_field).replace("__", ".").split("."):
            step = _step(rows, attribute)
            if step is None or (step.relation is not None and step.relation.many):
                return
            yield from self._missing(step)
            rows = step.rows

    def _missing(self, step: _Step, method: str = "all") -> Iterator[Read]:
        if step.missing:
            yield Read(step.rows.steps, self.path, self.owner, self.name, method)


@dataclass(frozen=True, slots=True)
class _Step:
    """The rows behind an attribute, and the relation to them; ``None`` on the way back.

    ``missing``: each of the rows before it runs a query for it.
    """

    rows: _Rows
    relation: Relation | None = None
    missing: bool = False


def _step(rows: _Rows, attribute: str) -> _Step | None:
    """``None`` where the attribute is no relation, or nothing is known about it."""
    if rows.loaded.unknown:
        return None
    if rows.parent is not None and attribute == rows.back:
        return _Step(rows.parent)  # Django has set it to the row that these were loaded for
    known = rows.loaded.relations.get(attribute)
    if known is not None:
        found, below = known
        missing = False
    else:
        unloaded = relation(rows.model, attribute) if rows.model is not None else None
        if unloaded is None or unloaded.parent_link:
            return None
        found, below = unloaded, by_default(unloaded)
        missing = rows.many and (found.many or not rows.loaded.peers)
        # Rows that come in a query for each row before them have no peers beyond that query.
        below.peers = (below.peers or rows.loaded.peers) and not missing
    behind = _Rows(found.model, below, rows.many or found.many, (*rows.steps, found), rows)
    return _Step(behind, found, missing)


def _key_is_enough(field: RelatedField[Any, Any, Any], rows: _Rows) -> bool:
    """Whether the field reads no more than the key that the row has in a column."""
    if rows.model is None or not field.use_pk_only_optimization():
        return False
    step = relation(rows.model, str(field.source_attrs[-1]))
    return step is not None and step.key
