"""Forms of a prefetch that cost less: a query that joins what lies beyond the last many."""

from __future__ import annotations

from inspect import getattr_static
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models.fields.related_descriptors import (
    ForwardManyToOneDescriptor,
    ManyToManyDescriptor,
    ReverseManyToOneDescriptor,
    ReverseOneToOneDescriptor,
)

from nplusone_guard.lab.operations import Ahead, Call, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable


class Relation(NamedTuple):
    """One step of a path: where it leads, and its name for a join; empty where it can't be one."""

    model: Any
    join: str


def joined(model: Any, calls: Iterable[Call]) -> tuple[Call, ...]:
    """The calls, with joins in place of queries where a prefetch goes on along forward keys.

    ``prefetch_related("items__product")`` → ``prefetch_related(Prefetch("items",
    queryset=OrderItem.objects.select_related("product")))``.
    """
    return tuple(
        Call(call.method, tuple(_joined(model, call.arguments)))
        if call.method == "prefetch_related"
        else call
        for call in calls
    )


def _joined(model: Any, arguments: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    joins: dict[str, tuple[Any, list[str]]] = {}
    for each in arguments:
        split = _split(model, each) if isinstance(each, str) else None
        if split is None:
            found.append(each)
        else:
            path, target, rest = split
            joins.setdefault(path, (target, []))[1].append(rest)
    ahead: list[Any] = [
        Ahead(path, (_joining(target, rests),)) for path, (target, rests) in joins.items()
    ]
    return [*ahead, *found]


def _joining(target: Any, paths: list[str]) -> Rows:
    manager = target._default_manager.name  # noqa: SLF001
    return Rows(target.__name__, manager, (Call("select_related", tuple(paths)),))


def _split(model: Any, path: str) -> tuple[str, Any, str] | None:
    """The path up to its last many, the model there, and the join for the rest."""
    names = path.split("__")
    relations: list[Relation] = []
    for name in names:
        relation = relation_of(model, name)
        if relation is None:
            return None
        relations.append(relation)
        model = relation.model
    many = [number for number, relation in enumerate(relations) if not relation.join]
    if not many or many[-1] == len(names) - 1:
        return None
    last = many[-1]
    rest = "__".join(relation.join for relation in relations[last + 1 :])
    return "__".join(names[: last + 1]), relations[last].model, rest


def relation_of(model: Any, name: str) -> Relation | None:
    """A relation by its name as ``prefetch_related`` takes it; ``None`` for a generic one."""
    found = getattr_static(model, name, None)
    if isinstance(found, ForwardManyToOneDescriptor):
        return Relation(found.field.related_model, found.field.name)
    if isinstance(found, ReverseOneToOneDescriptor):
        remote = found.related
        return Relation(remote.related_model, remote.field.related_query_name())
    if isinstance(found, ManyToManyDescriptor):
        rel = found.rel
        return Relation(rel.related_model if found.reverse else rel.model, "")
    if type(found) is ReverseManyToOneDescriptor:
        return Relation(found.rel.related_model, "")
    return None
