"""Proven fixes as a change of the project's files.

A fix is put behind the expression that builds the queryset, at the place that the report names, so
that the file keeps its formatting to the letter; libcst adds the imports that it needs.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models

from nplusone_guard.report.edit import inserted
from nplusone_guard.report.place import site_of
from nplusone_guard.report.words import place_name
from nplusone_guard.report.write import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nplusone_guard.report.edit import Insertion
    from nplusone_guard.scan.outcome import Visit


@dataclass(slots=True)
class Patch:
    """``files``: by name, the text before and after.  ``left``: what is to be typed by hand."""

    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """A unified diff, as ``patch -p1`` and ``git apply`` take it."""
        parts: list[str] = []
        for name, (before, after) in sorted(self.files.items()):
            lines = unified_diff(
                before.splitlines(keepends=True),
                after.splitlines(keepends=True),
                f"a/{name}",
                f"b/{name}",
            )
            for line in lines:
                parts.append(line)
                if not line.endswith("\n"):
                    parts.append("\n\\ No newline at end of file\n")
        return "".join(parts)

    def write(self) -> list[str]:
        """Change the files; their names."""
        for name, (_, after) in self.files.items():
            replace_file(Path.cwd() / name, after)
        return sorted(self.files)


def patch(visits: Iterable[Visit]) -> Patch:
    """What to type for the proven sets of fixes, each text once at its place.

    Of two that load one relation in two ways, which no queryset takes, the one that saves more.
    """
    changes: dict[str, list[Insertion]] = {}
    names: dict[str, set[str]] = {}
    loaded: dict[tuple[str, int, int], dict[str, str]] = {}
    left: dict[str, None] = {}
    for visit in sorted(visits, key=_saving):
        for fix in visit.saved.fixes if visit.saved is not None else ():
            code, where = fix["code"], fix["where"]
            found = inserted(code, where) if where is not None else None
            name = None if found is None else _below_here(where)
            if found is None or name is None:
                left[f"{place_name(where) or visit.route}: {code}"] = None
                continue
            there = loaded.setdefault((name, found.line, found.column), {})
            lookups = dict.fromkeys(_lookups(code), code)
            if any(there.get(lookup, code) != code for lookup in lookups):
                continue
            there.update(lookups)
            if found not in changes.setdefault(name, []):
                changes[name].append(found)
                names.setdefault(name, set()).update(_names(code))
    made = Patch()
    for name, insertions in changes.items():
        before = (Path.cwd() / name).read_bytes().decode("utf-8")
        after = _with_imports(_changed(before, insertions), names[name])
        if after is None:
            left.update(dict.fromkeys(f"{name}:{each.line}: {each.text}" for each in insertions))
        else:
            made.files[name] = (before, after)
    made.left = list(left)
    return made


def _saving(visit: Visit) -> int:
    return 0 if visit.saved is None else visit.saved.after - visit.saved.before


def _below_here(where: dict[str, Any]) -> str | None:
    try:
        return Path(site_of(where).file).resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return None


def _changed(text: str, insertions: Iterable[Insertion]) -> str:
    lines = text.splitlines(keepends=True)
    # From the end, so that what is put in moves nothing that is still to come; of several at one
    # place the first stays first.
    placed = sorted(
        (each.line, each.column, number, each.text) for number, each in enumerate(insertions)
    )
    for line, column, _, added in placed[::-1]:
        row = lines[line - 1]
        lines[line - 1] = row[:column] + added + row[column:]
    return "".join(lines)


def _lookups(code: str) -> list[str]:
    """The relations that a ``prefetch_related`` call names; a call of another kind by its name."""
    call = ast.parse(code, mode="eval").body
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        return []
    if call.func.id in {"only", "defer"}:
        return [call.func.id]
    if call.func.id != "prefetch_related":
        return []
    found: list[str] = []
    for given in call.args:
        value = given.args[0] if isinstance(given, ast.Call) and given.args else given
        if isinstance(value, ast.Constant):
            # One with a queryset of its own is another load than the plain one.
            found.append(str(value.value).partition("__")[0])
    return found


def _names(code: str) -> set[str]:
    """The names that a call needs, but for its own."""
    call = ast.parse(code, mode="eval").body
    own = call.func if isinstance(call, ast.Call) else None
    return {
        node.id
        for node in ast.walk(call)
        if isinstance(node, ast.Name) and node is not own and not hasattr(builtins, node.id)
    }


def _with_imports(text: str, names: set[str]) -> str | None:
    """The text with what it needs imported; ``None`` where a name's home is not known."""
    missing = names - _bound(text)
    if not missing:
        return text
    homes = {name: _home(name) for name in missing}
    if None in homes.values():
        return None
    try:
        import libcst  # noqa: PLC0415  an extra
        from libcst.codemod import CodemodContext  # noqa: PLC0415
        from libcst.codemod.visitors import AddImportsVisitor  # noqa: PLC0415
    except ImportError:
        return None
    context = CodemodContext()
    for name, home in sorted(homes.items()):
        AddImportsVisitor.add_needed_import(context, str(home), name)
    after = AddImportsVisitor(context).transform_module(libcst.parse_module(text)).code
    return after if names <= _bound(after) else None


def _bound(text: str) -> set[str]:
    """Names that a module imports or defines when it is run, not only for type checkers."""
    found: set[str] = set()
    for node in ast.parse(text).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {each.asname or each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found.add(node.name)
    return found


def _home(name: str) -> str | None:
    """The module that a name of a fix comes from."""
    if hasattr(models, name):
        return "django.db.models"
    found = {model.__module__ for model in apps.get_models() if model.__name__ == name}
    return found.pop() if len(found) == 1 else None
