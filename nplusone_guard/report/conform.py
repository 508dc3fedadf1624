"""Whether a document read from a file is what a schema of ours says, without a library.

Only what our own schemas use.  Keys that a schema does not know are let through: later versions
of the package add some within a version of the format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}


def fault(document: Any, schema: dict[str, Any]) -> str | None:
    """The first place that does not conform, and why; ``None`` where all does."""
    return next(_faults(document, schema, schema, ""), None)


def _faults(value: Any, schema: dict[str, Any], root: dict[str, Any], place: str) -> Iterator[str]:
    if "$ref" in schema:
        yield from _faults(value, *_resolved(schema["$ref"], root), place)
    if "anyOf" in schema:
        found = [next(_faults(value, each, root, place), None) for each in schema["anyOf"]]
        if None not in found:
            yield str(found[0])
    where = place or "the document"
    if "const" in schema and value != schema["const"]:
        yield f"{where} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is none of {', '.join(map(str, schema['enum']))}"
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(_is(value, name) for name in types):
        yield f"{where} is no {' or '.join(types)}"
    elif isinstance(value, int | float) and value < schema.get("minimum", value):
        yield f"{where} is below {schema['minimum']}"
    elif isinstance(value, dict):
        yield from (
            f"{where} has no {name}" for name in schema.get("required", ()) if name not in value
        )
        for name, each in schema.get("properties", {}).items():
            if name in value:
                yield from _faults(value[name], each, root, f"{place}.{name}".lstrip("."))
    elif isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield f"{where} has fewer than {schema['minItems']}"
        for number, item in enumerate(value):
            yield from _faults(item, schema.get("items", {}), root, f"{place}[{number}]")


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool) and name != "boolean":
        return False
    return isinstance(value, _TYPES[name])


def _resolved(ref: str, root: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a reference leads to, and the document that references within it are read in."""
    name, _, pointer = ref.partition("#")
    if name:
        root = next(each for each in root["$defs"].values() if each.get("$id") == name)
    found = root
    for step in pointer.strip("/").split("/"):
        found = found[step]
    return found, root
