"""A queryset → :class:`Access`: what it was asked for, and the related manager it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import F, Model
from django.db.models.manager import BaseManager
from django.db.models.query import ModelIterable

from nplusone_guard.capture.descriptors import default_manager, label
from nplusone_guard.trace import Access, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import FrameType

    Frames = Iterable[FrameType]

#: Reads of a whole relation: what a prefetch replaces.
_WHOLE: Final = frozenset({"iterate", "in_bulk"})
_ITERATORS: Final = frozenset({"iterator", "_iterator", "aiterator"})


def from_queryset(
    queryset: Any, operation: str, names: Mapping[str, Any], method: str | None, frames: Frames
) -> tuple[Access, Model | None]:
    """The access, and the instance of the related manager where it came from one.

    ``names``: the local variables of the queryset's method.  ``frames``: those from the query to
    the project's code.
    """
    details: dict[str, Any] = {
        "model": label(queryset.model),
        "method": method,
        "manager": default_manager(queryset.model),
    }
    if operation == "get":
        details["columns"] = _looked_up(names)
    elif operation == "aggregate":
        details["aggregates"] = _aggregates(names)
    elif operation == "update":
        details["columns"] = tuple(map(str, names.get("kwargs") or ()))
    elif operation in {"first", "last"}:
        details["columns"] = tuple(map(str, queryset.query.order_by))
    found = _related_manager(queryset, frames)
    if found is None:
        return Access(operation, **details), None
    instance = found.instance
    # An iterator() asks the database whatever was prefetched.
    narrowed = method in _ITERATORS or _is_narrowed(queryset, found.conditions)
    if operation in _WHOLE:
        operation = "filter" if narrowed else found.operation
    if found.model is not None:
        details["model"] = found.model
    return (
        Access(
            operation,
            relation=f"{found.owner}.{found.accessor}",
            lookup=found.accessor,
            instance_model=label(type(instance)) if instance is not None else found.owner,
            many=True,
            remote=found.remote,
            query_name=found.query_name,
            narrowed=narrowed,
            managed=queryset.query.where.children[0] not in found.conditions,
            peers=_has_peers(queryset),
            **details,
        ),
        instance,
    )


def _is_narrowed(queryset: Any, conditions: tuple[object, ...]) -> bool:
    """Whether a related manager's queryset is more than ``all()``: a prefetch would not serve it.

    ``conditions``: the related manager's own.  What stands before them comes from a default
    manager that filters; what stands behind them, from the code that reads.
    """
    query = queryset.query
    return bool(
        query.where.connector != "AND"
        or query.where.children[-1] not in conditions
        or query.order_by
        or query.is_sliced
        or query.distinct
        or query.annotations
        or query.select_related
        or query.deferred_loading[0]
        or queryset._prefetch_related_lookups  # noqa: SLF001
        or not issubclass(queryset._iterable_class, ModelIterable)  # noqa: SLF001
    )


def _has_peers(queryset: Any) -> bool:
    # Fetch modes came with Django 6.1.
    return bool(getattr(getattr(queryset, "_fetch_mode", None), "track_peers", False))


def source_of(queryset: Any) -> Source | None:
    """What a fix must know of a queryset; ``None`` where it yields no model instances."""
    query: Any = getattr(queryset, "query", None)
    lookups = getattr(queryset, "_prefetch_related_lookups", ())
    ahead = tuple(str(getattr(each, "prefetch_to", each)) for each in lookups)
    peers = _has_peers(queryset)
    if not hasattr(queryset, "_iterable_class"):
        return Source("raw", ahead=ahead, peers=peers)
    if not issubclass(queryset._iterable_class, ModelIterable):  # noqa: SLF001
        return None
    if query.combinator:
        return Source("combined", ahead=ahead, peers=peers)
    names, deferring = query.deferred_loading
    joins = [getattr(join, "join_field", None) for join in query.alias_map.values()]
    return Source(
        "queryset",
        only=bool(names) and not deferring,
        deferred=tuple(sorted(names)),
        joined=any(
            getattr(field, "many_to_many", False) or getattr(field, "one_to_many", False)
            for field in joins
        ),
        ahead=ahead,
        annotations=tuple(map(str, (*query.annotations, *query.extra))),
        peers=peers,
    )


def _looked_up(names: Mapping[str, Any]) -> tuple[str, ...]:
    given = names.get("kwargs")
    if names.get("args") or not isinstance(given, dict):
        return ()
    return tuple(str(name).removesuffix("__exact") for name in given)


def _aggregates(names: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Simple aggregates over one column; none at all where one is not simple."""
    found = []
    for alias, expression in (names.get("kwargs") or {}).items():
        sources = [each for each in expression.get_source_expressions() if each is not None]
        plain = len(sources) == 1 and isinstance(sources[0], F)
        shaped = expression.filter is not None or getattr(expression, "distinct", False)
        if not plain or shaped or getattr(expression, "default", None) is not None:
            return ()
        found.append((str(alias), type(expression).__name__, str(sources[0].name)))
    return tuple(found)


class _Related(NamedTuple):
    """A related manager: its instance, owner, accessor, and the field back to the instance.

    ``conditions``: those that it puts on its querysets.  ``model``: the model it leads to, where
    that is not the queryset's (counting may stop at the join table).
    """

    instance: Model | None
    owner: str | None
    accessor: str
    operation: str
    remote: str | None
    query_name: str | None
    conditions: tuple[object, ...]
    model: str | None = None


def _related_manager(queryset: Any, frames: Frames) -> _Related | None:
    instance = queryset._hints.get("instance")  # noqa: SLF001
    if isinstance(instance, Model):
        return _reverse_key(queryset, instance) or _many_to_many(queryset, instance)
    return _generic_relation(queryset, frames)


def _reverse_key(queryset: Any, instance: Model) -> _Related | None:
    for field in queryset._known_related_objects:  # noqa: SLF001
        remote = field.remote_field
        if isinstance(instance, remote.model):
            accessor = remote.get_accessor_name()
            return _Related(
                instance,
                label(remote.model),
                accessor,
                "lazy reverse",
                field.name,
                remote.name,
                tuple(each for each, target in _targets(queryset) if target is field)[:1],
            )
    return None


def _many_to_many(queryset: Any, instance: Model) -> _Related | None:
    """Two relations between the same models differ by the join table's column alone."""
    meta: Any = type(instance)._meta  # noqa: SLF001
    for condition, target in _targets(queryset):
        for field in meta.many_to_many:
            if field.remote_field.through is target.model and field.m2m_field_name() == target.name:
                return _Related(
                    instance,
                    label(field.model),
                    field.name,
                    "lazy many-to-many",
                    field.related_query_name(),
                    field.name,
                    (condition,),
                    label(field.remote_field.model),
                )
        for relation in meta.related_objects:
            if (
                relation.many_to_many
                and relation.through is target.model
                and relation.field.m2m_reverse_field_name() == target.name
            ):
                return _Related(
                    instance,
                    label(relation.model),
                    relation.get_accessor_name(),
                    "lazy many-to-many",
                    relation.field.name,
                    relation.name,
                    (condition,),
                    label(relation.related_model),
                )
    return None


def _targets(queryset: Any) -> list[tuple[Any, Any]]:
    """The conditions on a plain column, each with its column's field."""
    found = [
        (condition, getattr(getattr(condition, "lhs", None), "target", None))
        for condition in queryset.query.where.children
    ]
    return [(condition, target) for condition, target in found if target is not None]


def _generic_relation(queryset: Any, frames: Frames) -> _Related | None:
    """A ``GenericRelation``'s manager leaves no hint but its WHERE: a type and an object's key."""
    equal = {
        target: condition
        for condition, target in _targets(queryset)
        if getattr(condition, "lookup_name", None) == "exact"
    }
    for target, condition in equal.items():
        value = condition.rhs
        if getattr(target.remote_field, "model", None).__class__ is not type(Model):
            continue
        types = getattr(target.remote_field.model, "objects", None)
        cached = getattr(types, "_cache", {}).get(queryset.db, {})
        content_type = cached.get(value) if isinstance(value, int) else None
        model = content_type.model_class() if content_type is not None else None
        if model is None:
            continue
        for field in model._meta.private_fields:  # noqa: SLF001
            if (
                getattr(field, "content_type_field_name", None) == target.name
                and field.related_model is target.model
            ):
                key = next(
                    (each for at, each in equal.items() if at.name == field.object_id_field_name),
                    None,
                )
                if key is None:
                    continue
                to_python = model._meta.pk.to_python  # noqa: SLF001
                instance = _nearest(frames, model, to_python(key.rhs))
                return _Related(
                    instance,
                    label(model),
                    field.name,
                    "lazy reverse",
                    None,
                    field.name,
                    (condition, key),
                )
    return None


def _nearest(frames: Frames, model: type[Model], key: object) -> Model | None:
    """The instance with a key among the variables of the nearest frame that has one.

    Where that has two of them, equal as they are, there is no telling which one it was.
    """
    for frame in frames:
        found: dict[int, Model] = {}
        for value in frame.f_locals.values():
            # A related manager knows its instance; the project's code, the row that it reads.
            each = vars(value).get("instance") if isinstance(value, BaseManager) else value
            if type(each) is model and each.pk == key:
                found[id(each)] = each
        if found:
            return next(iter(found.values())) if len(found) == 1 else None
    return None
