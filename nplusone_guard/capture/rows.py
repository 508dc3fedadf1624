"""Which query an instance came from: known by identity, without touching a model class.

At the first executions of a group its queryset is kept until the next query begins; by then its
rows are there, and weak references to the first of them are taken in its place.  An instance met
later, in a descriptor's frame, is looked up among them, and in what was joined to them.
"""

from __future__ import annotations

from inspect import getattr_static
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

from django.db.models import Model
from django.db.models.fields.related_descriptors import (
    ForwardManyToOneDescriptor,
    ForwardOneToOneDescriptor,
    ManyToManyDescriptor,
    ReverseManyToOneDescriptor,
    ReverseOneToOneDescriptor,
)

from nplusone_guard.capture.descriptors import label
from nplusone_guard.trace import REMEMBERED_ROWS, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nplusone_guard.capture.group import Group

#: How many joined instances are looked at for one that is no row itself, and how deep.
_MOST_JOINED = 2_000
_DEEPEST = 4


class Line(NamedTuple):
    """The group that loads rows, the line of the row that they hang on, and the relations between.

    Of one execution: the next one may load rows for another queryset's, or of another relation
    (``step``) by the same statement, as the levels of a prefetch do.
    """

    group: Group
    above: Line | None = None
    via: tuple[Step, ...] = ()
    step: Step | None = None


Owner = tuple[Line, tuple[Step, ...]]


class Rows:
    """The rows of one scope; an inner scope asks the outer one for those it does not know."""

    __slots__ = ("_known", "_outer")

    def __init__(self, outer: Rows | None) -> None:
        self._known: dict[int, tuple[ref[Model], Line]] = {}
        self._outer = outer

    def note(self, queryset: Any, line: Line) -> None:
        """Remember the first rows of an evaluated queryset."""
        rows = queryset._result_cache  # noqa: SLF001
        if rows is None:
            return
        group = line.group
        group.peak_rows = max(group.peak_rows, len(rows))
        for row in rows[:REMEMBERED_ROWS]:
            if isinstance(row, Model):
                self._known[id(row)] = (ref(row), line)

    def owner(self, instance: Model) -> Owner | None:
        """The line that loaded an instance, and the relations from its rows to the instance."""
        found = self._direct(instance) or self._joined(instance)
        if found is None and self._outer is not None:
            return self._outer.owner(instance)
        return found

    def _direct(self, instance: Model) -> Owner | None:
        known = self._known.get(id(instance))
        # The address may have passed to another object.
        return (known[1], ()) if known is not None and known[0]() is instance else None

    def _joined(self, instance: Model) -> Owner | None:
        looked_at = 0
        for known, line in list(self._known.values()):
            row = known()
            if row is None:
                continue
            access = line.group.access
            for joined, path in _reachable(row, access.remote if access is not None else None):
                if joined is instance:
                    return line, path
                looked_at += 1
            if looked_at > _MOST_JOINED:
                return None
        return None


def _reachable(
    row: Model, back: str | None, path: tuple[Step, ...] = (), met: tuple[Model, ...] = ()
) -> Iterator[tuple[Model, tuple[Step, ...]]]:
    """What is loaded to one of a row's relations; not through the one that it was loaded by.

    ``met``: the rows on the way, each of which may know the one before it.
    """
    met = (*met, row)
    for name, value in row._state.fields_cache.items():  # noqa: SLF001
        if name == back or not isinstance(value, Model) or any(value is each for each in met):
            continue
        further = (*path, relation_step(type(row), name))
        yield value, further
        if len(further) < _DEEPEST:
            yield from _reachable(value, None, further, met)


def relation_step(model: type[Model], accessor: str) -> Step:
    """What following ``accessor`` from ``model`` means."""
    descriptor = getattr_static(model, accessor, None)
    # Django 5.2 and 6.0: the generic key is its own descriptor; 6.1 gives it one.  Its class can
    # be imported only where contenttypes is installed, and so is known by name.
    field = getattr(descriptor, "field", descriptor)
    return Step(
        accessor,
        model=label(model),
        joinable=isinstance(descriptor, (ForwardManyToOneDescriptor, ReverseOneToOneDescriptor)),
        many=isinstance(descriptor, ReverseManyToOneDescriptor),
        generic=any(base.__name__ == "GenericForeignKey" for base in type(field).__mro__),
        query_name=getattr(getattr(descriptor, "related", None), "name", None),
    )


def remote_name(model: type[Model], accessor: str) -> str | None:
    """The attribute by which what ``accessor`` leads to knows the one instance it came from."""
    descriptor = getattr_static(model, accessor, None)
    if isinstance(descriptor, ForwardOneToOneDescriptor):
        return str(descriptor.field.remote_field.get_accessor_name())
    related = getattr(descriptor, "related", None) or getattr(descriptor, "rel", None)
    return getattr(getattr(related, "field", None), "name", None)


def steps_along(model: type[Model], names: Iterable[str]) -> tuple[Step, ...] | None:
    """The steps of a lookup; ``None`` where it goes through an attribute or a generic key."""
    steps = []
    leads_to: Any = model
    for name in names:
        if leads_to is None:
            return None
        steps.append(relation_step(leads_to, name))
        leads_to = _leads_to(getattr_static(leads_to, name, None))
    return tuple(steps) if leads_to is not None else None


def _leads_to(descriptor: Any) -> Any:
    """The model that a relation's descriptor leads to."""
    if isinstance(descriptor, ManyToManyDescriptor):
        return descriptor.rel.related_model if descriptor.reverse else descriptor.rel.model
    if isinstance(descriptor, ReverseManyToOneDescriptor):
        rel = descriptor.rel
        # A generic relation's is on the side that it leads from.
        return rel.model if hasattr(rel.field, "content_type_field_name") else rel.related_model
    if isinstance(descriptor, ReverseOneToOneDescriptor):
        return descriptor.related.related_model
    if isinstance(descriptor, ForwardManyToOneDescriptor):
        return descriptor.field.related_model
    return None
