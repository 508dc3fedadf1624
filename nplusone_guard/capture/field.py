"""Which serializer field, template node, form field or admin column a frame is working on.

Library code that loops over fields stands at one line for all of them, so the field is part of a
call path.  One reader a framework: frame → :class:`FieldKey`, or ``None`` where the frame does
not tell (yet).  A key is compared by value, because DRF makes new field objects for each row of a
nested serializer that a method builds by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nplusone_guard.capture.drf import declaration, model_label, read_serializer
from nplusone_guard.trace import CallSite, FieldPath

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from nplusone_guard.capture.code import CodeInfo


class FieldKey(NamedTuple):
    """One field: what declares it, its name, its source chain, whether it is to-many."""

    owner: Any
    name: str
    sources: tuple[str, ...] = ()
    many: bool = False
    site: CallSite | None = None


def _serializer(frame: FrameType) -> FieldKey | None:
    found = read_serializer(frame.f_locals)
    return FieldKey(*found) if found else None


def _template(frame: FrameType) -> FieldKey | None:
    node = frame.f_locals.get("self")
    token, origin = getattr(node, "token", None), getattr(node, "origin", None)
    if token is None or origin is None:
        return None
    name = token.contents
    # A string template has no file; its origin is "<unknown source>".
    site = CallSite(file=str(origin.name), line=token.lineno, function=name)
    return FieldKey("template", name, site=site)


def _form(frame: FrameType) -> FieldKey | None:
    names = frame.f_locals
    name = names.get("name")
    return FieldKey(type(names["self"]), name) if isinstance(name, str) else None


def _admin(frame: FrameType) -> FieldKey | None:
    names = frame.f_locals
    name = names.get("field_name")
    if name is None:
        return None
    return FieldKey(type(names["cl"].model_admin), getattr(name, "__name__", str(name)))


_READERS: dict[str, Callable[[FrameType], FieldKey | None]] = {
    "rest_framework/serializers.py": _serializer,
    "django/template/base.py": _template,
    "django/forms/forms.py": _form,
    "django/contrib/admin/templatetags/admin_list.py": _admin,
}


def read_field(info: CodeInfo, frame: FrameType) -> FieldKey | None:
    """The field that a frame of kind ``FIELD`` is working on."""
    return _READERS[info.framework_path or ""](frame)


#: The local variable that tells one turn of the loop over fields from the next.
_SUBJECTS = {
    "rest_framework/serializers.py": "field",
    "django/template/base.py": "self",
    "django/forms/forms.py": "name",
    "django/contrib/admin/templatetags/admin_list.py": "field_name",
}


def subject(info: CodeInfo) -> str:
    """The local variable of a frame of kind ``FIELD`` that changes with the field."""
    return _SUBJECTS[info.framework_path or ""]


def describe(keys: Sequence[FieldKey]) -> FieldPath | None:
    """The path of a chain of fields, given innermost first."""
    if not keys:
        return None
    inner, root = keys[0], keys[-1]
    owner = root.owner if isinstance(root.owner, str) else root.owner.__name__
    text = ".".join([owner, *(key.name for key in reversed(keys))])
    if owner == "template":
        return FieldPath(text=f"{{% {inner.name} %}}", site=inner.site)
    return FieldPath(
        text=text,
        sources=tuple(source for key in reversed(keys) for source in key.sources),
        own=len(inner.sources),
        model=model_label(inner.owner),
        many=any(key.many for key in keys[1:]),
        site=inner.site or declaration(inner.owner, inner.name),
    )
