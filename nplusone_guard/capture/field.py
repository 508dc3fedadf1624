"""Which serializer field, template node, form field or admin column a frame is working on.

Library code that loops over fields stands at one line for all of them, so the field is part of a
call path.  One reader a kind of frame: frame → :class:`FieldKey`, or ``None`` where the frame does
not tell (yet).  A key is compared by value, because DRF makes new field objects for each row of a
nested serializer that a method builds by hand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from nplusone_guard.capture.declared import declaration, is_framework
from nplusone_guard.capture.drf import model_label, read_serializer
from nplusone_guard.capture.graphql import read_attribute, read_resolved
from nplusone_guard.trace import CallSite, FieldPath

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType

    from nplusone_guard.capture.code import CodeInfo

#: Owners of template nodes: how they begin.
_TAG, _VARIABLE = "{%", "{{"


class FieldKey(NamedTuple):
    """One field: what declares it, its name, its source chain, whether it is to-many.

    ``owner`` is a class, or for a node of a template how it begins.
    """

    owner: Any
    name: str
    sources: tuple[str, ...] = ()
    many: bool = False
    site: CallSite | None = None


def _serializer(names: Mapping[str, Any]) -> FieldKey | None:
    found = read_serializer(names)
    return FieldKey(*found) if found else None


def _resolved(names: Mapping[str, Any]) -> FieldKey | None:
    found = read_resolved(names)
    return FieldKey(*found) if found else None


def _attribute(names: Mapping[str, Any]) -> FieldKey | None:
    found = read_attribute(names)
    return FieldKey(*found) if found else None


def _choices_of_related_field(names: Mapping[str, Any]) -> FieldKey | None:
    field = names["self"]
    if field.parent is None or not field.field_name:  # the child of a to-many field
        field = field.parent
    serializer = getattr(field, "parent", None)
    return FieldKey(type(serializer), field.field_name) if serializer is not None else None


def _template(names: Mapping[str, Any]) -> FieldKey | None:
    node = names.get("self")
    token, origin = getattr(node, "token", None), getattr(node, "origin", None)
    if token is None or origin is None:
        return None
    file = str(origin.name)
    if "contrib/admin/templates/" in file.replace("\\", "/"):
        inline = getattr(names["context"].get("inline_admin_formset"), "opts", None)
        if inline is not None:
            return FieldKey(type(inline), "")
    # A template made from a string has no file, and no loader that found it.
    known = getattr(origin, "loader", None) is not None
    site = CallSite(file, token.lineno, token.contents) if known else None
    owner = _VARIABLE if type(node).__name__ == "VariableNode" else _TAG
    return FieldKey(owner, token.contents, site=site)


def _cleaned_field(names: Mapping[str, Any]) -> FieldKey | None:
    name = names.get("name")
    return FieldKey(type(names["self"]), name) if isinstance(name, str) else None


def _rendered_field(names: Mapping[str, Any]) -> FieldKey | None:
    bound = names["self"]
    return FieldKey(type(bound.form), bound.name)


def _column(names: Mapping[str, Any]) -> FieldKey | None:
    name = names.get("field_name")
    if name is None:
        return None
    return FieldKey(type(names["cl"].model_admin), getattr(name, "__name__", str(name)))


def _read_only(names: Mapping[str, Any]) -> FieldKey | None:
    name = names.get("field")
    if name is None:
        return None
    return FieldKey(type(names["model_admin"]), getattr(name, "__name__", str(name)))


def _inline(names: Mapping[str, Any]) -> FieldKey | None:
    return FieldKey(type(names["self"].opts), "")


def _completion(names: Mapping[str, Any]) -> FieldKey | None:
    admin = getattr(names["self"], "model_admin", None)
    return FieldKey(type(admin), "") if admin is not None else None


#: (file, qualified name) → reader, and the local variable that tells one turn of the loop over
#: fields from the next.
_READERS: dict[tuple[str, str], tuple[Callable[[Mapping[str, Any]], FieldKey | None], str]] = {
    ("rest_framework/serializers.py", "Serializer.to_representation"): (_serializer, "field"),
    ("rest_framework/serializers.py", "Serializer.to_internal_value"): (_serializer, "field"),
    ("rest_framework/relations.py", "RelatedField.get_choices"): (
        _choices_of_related_field,
        "self",
    ),
    # graphql-core 3.2 and 3.3, for graphene and strawberry
    ("graphql/execution/execute.py", "ExecutionContext.execute_field"): (_resolved, "self"),
    ("graphql/execution/executor.py", "Executor.execute_field"): (_resolved, "self"),
    ("ninja/schema.py", "DjangoGetter.__getattr__"): (_attribute, "key"),
    ("django/template/base.py", "Node.render_annotated"): (_template, "self"),
    ("django/forms/forms.py", "BaseForm._clean_fields"): (_cleaned_field, "name"),
    ("django/forms/boundfield.py", "BoundField.as_widget"): (_rendered_field, "self"),
    ("django/contrib/admin/helpers.py", "AdminReadonlyField.contents"): (_read_only, "self"),
    ("django/contrib/admin/helpers.py", "InlineAdminFormSet.media"): (_inline, "self"),
    ("django/contrib/admin/views/autocomplete.py", "AutocompleteJsonView.get"): (
        _completion,
        "self",
    ),
    ("django/contrib/admin/templatetags/admin_list.py", "items_for_result"): (
        _column,
        "field_name",
    ),
}
#: What the walk takes for a field: the frames that a reader knows.
FIELD_FRAMES = _READERS.keys()


def read_field(info: CodeInfo, frame: FrameType) -> FieldKey | None:
    """The field that a frame of kind ``FIELD`` is working on."""
    return _READERS[info.framework_path or "", info.code.co_qualname][0](frame.f_locals)


def subject(info: CodeInfo) -> str:
    """The local variable of a frame of kind ``FIELD`` that changes with the field."""
    return _READERS[info.framework_path or "", info.code.co_qualname][1]


def describe(keys: Sequence[FieldKey], view: object = None) -> FieldPath | None:
    """The path of a chain of fields, given innermost first.

    ``view``: the class of the view, which stands for a form that Django made for it.
    """
    if not keys:
        return None
    inner = keys[0]
    site = inner.site
    named = _owned([key for key in keys if not isinstance(key.owner, str)], view)
    if not named:
        end = "}}" if inner.owner == _VARIABLE else "%}"
        text = f"{inner.owner} {inner.name} {end}"
        return FieldPath(text=text, site=site, variables=_variables(keys))
    if not isinstance(inner.owner, str):
        site = declaration(named[0].owner, inner.name)
    root = named[-1]
    return FieldPath(
        text=".".join([root.owner.__name__, *(key.name for key in reversed(named) if key.name)]),
        sources=tuple(source for key in reversed(named) for source in key.sources),
        own=len(named[0].sources),
        model=model_label(named[0].owner),
        many=any(key.many for key in named[1:]),
        site=site,
        owner=named[0].owner,
        name=named[0].name,
    )


def _owned(keys: Sequence[FieldKey], view: object) -> list[FieldKey]:
    """The keys with classes that the project wrote.

    A form that Django made stands for the form it was made from, or for the admin that shows it:
    the inline around it, else the view.
    """
    admin = view if isinstance(view, type) else None
    owned: list[FieldKey] = []
    for each in reversed(keys):
        key = each
        owner = next((base for base in key.owner.__mro__ if not is_framework(base)), None)
        if owner is None and hasattr(key.owner, "base_fields"):
            owner = admin
        elif hasattr(key.owner, "formfield_for_foreignkey"):
            admin = key.owner
        key = key._replace(owner=owner or key.owner)
        # A column that can be edited is a field of the same name.
        if not owned or (key.owner, key.name) != (owned[-1].owner, owned[-1].name):
            owned.append(key)
    return owned[::-1]


_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_NAME = re.compile(r"(?<![\w.|:])[A-Za-z_]\w*")


def _variables(keys: Sequence[FieldKey]) -> tuple[str, ...]:
    """The names that the innermost node looks up in the context of the whole template.

    ``with`` and ``include`` give a name to what they look up themselves.
    """
    words = _QUOTED.sub("", keys[0].name)
    if keys[0].owner == _TAG:
        tag, _, words = words.partition(" ")
        if tag == "for":
            words = words.partition(" in ")[2]
    names = _NAME.findall(words)
    for key in keys[1:]:
        aliases = dict(re.findall(r"(\w+)=([A-Za-z_]\w*)", _QUOTED.sub("", key.name)))
        names = [aliases.get(name, name) for name in names]
    return tuple(dict.fromkeys(names))
