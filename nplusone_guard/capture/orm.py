"""Django's frames → :class:`Access`: which operation, model and relation ran a query.

Reads the local variables of frames between the wrapper and the project's code; patches nothing
and runs no query.  The names of functions and of their locals are Django's, 5.2 to 6.1; where a
version differs, the sign says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import Model, QuerySet

from nplusone_guard.capture.code import known, learn
from nplusone_guard.trace import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

_QUERYSET = "QuerySet."
#: QuerySet methods → operation; the outermost one on the stack names what the code asked for.
_OPERATIONS: Final = {
    "get": "get",
    "first": "first",
    "last": "last",
    "earliest": "first",
    "latest": "last",
    "count": "count",
    "exists": "exists",
    "contains": "exists",
    "aggregate": "aggregate",
    "_update": "update",
    "update": "update",
    "delete": "delete",
    "_raw_delete": "delete",
    "create": "insert",
    "bulk_create": "insert",
    "bulk_update": "update",
    "get_or_create": "get",
    "update_or_create": "get",
    "in_bulk": "in_bulk",
    "_fetch_all": "iterate",
    "_iterator": "iterate",
    "explain": "explain",
}
_COMPILERS: Final = {
    "SQLInsertCompiler.execute_sql": "insert",
    "SQLUpdateCompiler.execute_sql": "update",
    "SQLDeleteCompiler.execute_sql": "delete",
}


def read_access(start: FrameType | None, stop: FrameType | None) -> Access | None:
    """The access behind the query whose wrapper was called from ``start``.

    Looks outward as far as ``stop``, the innermost frame of the project.  ``None`` where no frame
    of the ORM is between them: raw SQL through a cursor.
    """
    queryset: QuerySet[Any] | None = None
    operation: str | None = None
    compiled: Access | None = None
    frame = start
    while frame is not None and frame is not stop:
        code = frame.f_code
        info = known(id(code)) or learn(code)
        path, name = info.framework_path, code.co_qualname
        if path is not None:
            descriptor = _DESCRIPTORS.get((path, name))
            if descriptor is not None:
                access = descriptor(frame.f_locals)
                if access is not None:
                    return access
            elif path == "django/db/models/query.py":
                if name.startswith(_QUERYSET):
                    method = name[len(_QUERYSET) :]
                    if method in _OPERATIONS:
                        operation = _OPERATIONS[method]
                        found = frame.f_locals.get("self")
                        if queryset is None and isinstance(found, QuerySet):
                            queryset = found  # never tested for truth: that would run it
                elif name == "prefetch_one_level":
                    return _prefetch(frame.f_locals, queryset)
            elif path == "django/db/models/sql/compiler.py" and compiled is None:
                compiled = _compiled(frame.f_locals, name)
        frame = frame.f_back
    if queryset is not None and operation is not None:
        return _from_queryset(queryset, operation)
    return compiled


def _compiled(names: Mapping[str, Any], name: str) -> Access | None:
    operation = _COMPILERS.get(name)
    if operation is None and name != "SQLCompiler.execute_sql":
        return None
    query = getattr(names.get("self"), "query", None)
    model = getattr(query, "model", None)
    return Access(operation or "select", model=_label(model))


def _label(model: Any) -> str | None:
    """``app.Model`` of a model class."""
    meta = getattr(model, "_meta", None)
    return str(meta.label) if meta is not None else None


def _forward(names: Mapping[str, Any]) -> Access | None:
    field = names["self"].field
    operation = "lazy one-to-one" if field.one_to_one else "lazy forward"
    if getattr(field.remote_field, "parent_link", False):
        operation = "parent link"
    return Access(
        operation,
        model=_label(field.remote_field.model),
        relation=f"{_label(field.model)}.{field.name}",
        lookup=field.name,
        instance_model=_label(type(names.get("instance"))),
    )


def _reverse_one_to_one(names: Mapping[str, Any]) -> Access | None:
    related = names["self"].related
    accessor = related.get_accessor_name()
    return Access(
        "lazy one-to-one",
        model=_label(related.related_model),
        relation=f"{_label(related.model)}.{accessor}",
        lookup=accessor,
        instance_model=_label(type(names.get("instance"))),
    )


def _deferred(names: Mapping[str, Any]) -> Access | None:
    field = names["self"].field
    label = _label(field.model)
    return Access(
        "deferred column",
        model=label,
        relation=f"{label}.{field.name}",
        lookup=field.name,
        instance_model=_label(type(names.get("instance"))),
    )


def _generic_key(names: Mapping[str, Any]) -> Access | None:
    descriptor = names["self"]
    field = getattr(descriptor, "field", descriptor)  # Django 5.2: the field is its descriptor
    return Access(
        "generic key",
        relation=f"{_label(field.model)}.{field.name}",
        lookup=field.name,
        instance_model=_label(type(names.get("instance"))),
    )


def _content_type(names: Mapping[str, Any]) -> Access | None:
    return Access("content type", model=_label(names["self"].model))


_RELATED = "django/db/models/fields/related_descriptors.py"
_DESCRIPTORS: Final[dict[tuple[str, str], Callable[[Mapping[str, Any]], Access | None]]] = {
    (_RELATED, "ForwardManyToOneDescriptor.__get__"): _forward,
    (_RELATED, "ForwardOneToOneDescriptor.__get__"): _forward,
    (_RELATED, "ReverseOneToOneDescriptor.__get__"): _reverse_one_to_one,
    ("django/db/models/query_utils.py", "DeferredAttribute.__get__"): _deferred,
    # Django 5.2 and 6.0: GenericForeignKey is its own descriptor.
    ("django/contrib/contenttypes/fields.py", "GenericForeignKey.__get__"): _generic_key,
    ("django/contrib/contenttypes/fields.py", "GenericForeignKeyDescriptor.__get__"): _generic_key,
    # Looked up on the way to a generic key, and cached by Django from then on.
    ("django/contrib/contenttypes/models.py", "ContentTypeManager.get_for_id"): _content_type,
    ("django/contrib/contenttypes/models.py", "ContentTypeManager.get_for_model"): _content_type,
}


def _prefetch(names: Mapping[str, Any], queryset: QuerySet[Any] | None) -> Access:
    lookup = names.get("lookup")
    instances = names.get("instances") or ()
    first = instances[0] if instances else None
    name = getattr(lookup, "prefetch_through", None)
    label = _label(type(first)) if isinstance(first, Model) else None
    return Access(
        "prefetch",
        model=_label(queryset.model) if queryset is not None else None,
        lookup=str(name) if name is not None else None,
        instance_model=label,
    )


_LAZY_READS: Final = {"iterate", "get", "first", "last", "in_bulk"}


def _from_queryset(queryset: QuerySet[Any], operation: str) -> Access:
    model = _label(queryset.model)
    instance = queryset._hints.get("instance")  # type: ignore[attr-defined]  # noqa: SLF001
    if not isinstance(instance, Model):
        return Access(operation, model=model)
    found = _to_many_relation(queryset, instance)
    if found is None:
        return Access(operation, model=model, instance_model=_label(type(instance)))
    label, accessor, lazy = found
    return Access(
        lazy if operation in _LAZY_READS else operation,
        model=model,
        relation=f"{label}.{accessor}",
        lookup=accessor,
        instance_model=_label(type(instance)),
        many=True,
    )


def _to_many_relation(
    queryset: QuerySet[Any], instance: Model
) -> tuple[str | None, str | None, str] | None:
    """Owner's label, accessor and operation of the related manager a queryset came from."""
    for field in queryset._known_related_objects:  # type: ignore[attr-defined]  # noqa: SLF001
        remote = field.remote_field
        if isinstance(instance, remote.model):
            return _label(remote.model), remote.get_accessor_name(), "lazy reverse"
    meta: Any = type(instance)._meta  # noqa: SLF001
    for condition in queryset.query.where.children:
        target: Any = getattr(getattr(condition, "lhs", None), "target", None)
        if target is None:
            continue
        for field in meta.many_to_many:
            if field.remote_field.through is target.model and field.m2m_field_name() == target.name:
                return _label(field.model), field.name, "lazy many-to-many"
        for relation in meta.related_objects:
            if (
                relation.many_to_many
                and relation.through is target.model
                and relation.field.m2m_reverse_field_name() == target.name
            ):
                accessor = relation.get_accessor_name()
                return _label(relation.model), accessor, "lazy many-to-many"
    return None
