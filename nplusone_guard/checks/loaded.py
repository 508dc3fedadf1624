"""A queryset, not evaluated → what its rows will bring with them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Model, Prefetch, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.db.models.query import ModelIterable

from nplusone_guard.checks.relations import Relation, relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: How far ``select_related()`` without names goes (``QuerySet.query.max_depth``).
_ALL_JOINS: Final = 5
#: Managers whose querysets prefetch one another are not followed for ever.
_NESTED_QUERYSETS: Final = 5


@dataclass(slots=True)
class Loaded:
    """Rows, and the relations that come loaded with them, by the attribute that holds them.

    ``unknown``: what they bring can't be told, so that nothing is said about them.  ``peers``: a
    key that is read is loaded for all rows at once (fetch modes, Django 6.1).
    """

    model: type[Model] | None
    relations: dict[str, tuple[Relation, Loaded]] = field(default_factory=dict)
    unknown: bool = False
    peers: bool = False


def loaded(queryset: QuerySet[Any], depth: int = 0) -> Loaded:
    """What the rows of a queryset bring."""
    found = Loaded(queryset.model)
    _add(found, queryset, depth)
    return found


def by_default(step: Relation, depth: int = 0) -> Loaded:
    """What rows bring that a relation loads by itself, lazily or named in a prefetch."""
    if step.model is None or depth > _NESTED_QUERYSETS:
        return Loaded(step.model, unknown=True)
    # As Django's descriptors do: to-many through the default manager, single through the base one.
    meta = step.model._meta  # noqa: SLF001
    manager = meta.default_manager if step.many else meta.base_manager
    if manager is None:
        return Loaded(step.model)
    try:
        return loaded(manager.all(), depth)
    except Exception:  # noqa: BLE001  a manager that needs a request, a tenant, a language
        return Loaded(step.model, unknown=True)


def _add(rows: Loaded, queryset: QuerySet[Any], depth: int) -> None:
    query: Any = queryset.query
    instances = issubclass(queryset._iterable_class, ModelIterable)  # noqa: SLF001
    if query.combinator or query.is_empty() or not instances:
        rows.unknown = True
        return
    mode = getattr(queryset, "_fetch_mode", None)  # came with Django 6.1
    rows.peers = rows.peers or bool(getattr(mode, "track_peers", False))
    if query.select_related is True:
        _join_all(rows, _ALL_JOINS)
    elif query.select_related:
        _join(rows, query.select_related)
    for name in getattr(query, "_filtered_relations", {}):
        rows.relations.setdefault(name, _unknown(name))
    for lookup in queryset._prefetch_related_lookups:  # type: ignore[attr-defined]  # noqa: SLF001
        _prefetch(rows, lookup, depth)


def _join(rows: Loaded, names: Mapping[str, Any]) -> None:
    if rows.model is None:
        return
    for name, below in names.items():
        step = _by_query_name(rows.model, name)
        if step is not None:
            _join(_joined(rows, step), below)


def _by_query_name(model: type[Model], name: str) -> Relation | None:
    step = relation(model, name)
    if step is not None and step.query_name == name:
        return step
    for related in model._meta.related_objects:  # noqa: SLF001
        if related.one_to_one and related.name == name:
            return relation(model, str(related.get_accessor_name()))
    return None


def _join_all(rows: Loaded, depth: int) -> None:
    """``select_related()`` without names: keys that can't be null, five levels deep."""
    if rows.model is None or not depth:
        return
    for each in rows.model._meta.fields:  # noqa: SLF001
        step = relation(rows.model, each.name) if each.remote_field and not each.null else None
        if step is not None:
            _join_all(_joined(rows, step), depth - 1)


def _joined(rows: Loaded, step: Relation) -> Loaded:
    return _step(rows, step.lookup, step, Loaded(step.model), peers=rows.peers)


def _prefetch(rows: Loaded, lookup: str | Prefetch[Any, Any, Any], depth: int) -> None:
    querysets: Iterable[Any] = ()
    if isinstance(lookup, Prefetch):
        prefetch: Any = lookup  # GenericPrefetch has several querysets
        through, to = prefetch.prefetch_through, prefetch.prefetch_to
        querysets = getattr(prefetch, "querysets", None) or (
            () if prefetch.queryset is None else (prefetch.queryset,)
        )
    else:
        through = to = lookup
    names = list(zip(through.split(LOOKUP_SEP), to.split(LOOKUP_SEP), strict=True))
    for position, (name, attribute) in enumerate(names):
        if rows.unknown:
            return
        last = position == len(names) - 1
        rows = _prefetched(rows, name, attribute, querysets if last else (), depth)


def _prefetched(
    rows: Loaded, name: str, attribute: str, querysets: Iterable[Any], depth: int
) -> Loaded:
    """The rows at the next level of a prefetch."""
    step = relation(rows.model, name) if rows.model is not None else None
    if attribute in rows.relations:
        below = rows.relations[attribute][1]
    elif step is None:
        # A property that prefetches by itself, or what only some models of a generic key have.
        return _step(rows, attribute, *_unknown(attribute))
    else:
        named = step if attribute == name else replace(step, lookup=attribute, joinable=False)
        start = Loaded(step.model) if querysets else by_default(step, depth + 1)
        # A queryset of the prefetch's own, and a manager's, have a fetch mode of their own.
        alike = not step.many and not querysets
        below = _step(rows, attribute, named, start, peers=alike and rows.peers)
    for queryset in querysets:
        if below.model is None:
            below.unknown = True
        else:
            _add(below, queryset, depth + 1)
    return below


def _step(
    rows: Loaded, attribute: str, step: Relation, below: Loaded, *, peers: bool = False
) -> Loaded:
    below.peers = below.peers or peers
    return rows.relations.setdefault(attribute, (step, below))[1]


def _unknown(name: str) -> tuple[Relation, Loaded]:
    return Relation("", name, name, None), Loaded(None, unknown=True)
