"""Proven fixes as a change of the project's files.

A fix is put behind the expression that builds the queryset, at the place that the report names, so
that the file keeps its formatting to the letter; libcst adds the imports that it needs.
"""

from __future__ import annotations

import ast
import builtins
import io
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models

from nplusone_guard.lab.operations import Ahead, Call, code_of, parse, together
from nplusone_guard.report.edit import inserted
from nplusone_guard.report.place import site_of
from nplusone_guard.report.words import place_name
from nplusone_guard.report.write import replace_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nplusone_guard.report.edit import Insertion
    from nplusone_guard.scan.outcome import Visit

    #: A place and calls → what goes wrong if they are typed there; empty where nothing does.
    Check = Callable[[dict[str, Any], tuple[Call, ...]], str]


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
                _lines(before),
                _lines(after),
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


def patch(visits: Iterable[Visit], check: Check = lambda *_: "") -> Patch:
    """What to type for the proven sets of fixes: at each place what all endpoints need.

    Of two that load one relation in two ways, which no queryset takes, the one that saves more.
    ``check``: says what goes wrong if calls are typed at a place; then what each finding
    proposes by itself is tried, and else it is left.
    """
    made = Patch()
    insertions: dict[str, list[tuple[Insertion, str]]] = {}
    for wanted in _wanted(visits, made.left):
        found = _chosen(wanted, check, made.left)
        if found is not None:
            insertions.setdefault(wanted.name, []).append((found, found.text))
    for name, changes in insertions.items():
        needed = set().union(*(_names(text) for _, text in changes))
        try:
            before = _read(name)
            changed = _changed(before, [each for each, _ in changes])
            ast.parse(changed)
            after = _with_imports(changed, needed)
        except SyntaxError:
            made.left += [f"{name}: it would not parse with what is to be typed"]
        except _NotTyped as why:
            made.left += [
                f"{name}:{each.line}: {text.removeprefix('.')} (not typed: {why})"
                for each, text in changes
            ]
        else:
            made.files[name] = (before, after)
    return made


class _NotTyped(Exception):
    """Why a file can't be changed."""


@dataclass(slots=True)
class _Wanted:
    """A place in a file.  ``best``: what proven sets add there; ``single``: what findings do."""

    name: str
    where: dict[str, Any]
    best: list[tuple[Call, ...]] = field(default_factory=list)
    single: list[tuple[Call, ...]] = field(default_factory=list)

    def tries(self) -> list[tuple[Call, ...]]:
        """Calls to type there, what costs least first."""
        found = (merged(self.best), merged([*self.single]))
        return [each for each in dict.fromkeys(found) if each]


def _wanted(visits: Iterable[Visit], left: list[str]) -> list[_Wanted]:
    found: dict[str, _Wanted] = {}
    for visit in sorted(visits, key=_saving):
        for fix in visit.saved.fixes if visit.saved is not None else ():
            code, where = fix["code"], fix["where"]
            name = None if where is None else _below_here(where)
            here = where in visit.roots  # else it is evaluated there, and built elsewhere
            if where is None or name is None or not here or inserted(code, where) is None:
                by_hand = f"{place_name(where) or visit.route}: {code}"
                if by_hand not in left:
                    left.append(by_hand)
                continue
            there = found.setdefault(_key(where), _Wanted(name, where))
            there.best.append(parse(code))
    for visit in visits:
        for finding in visit.findings if visit.saved is not None else ():
            each = finding["fix"]
            if each is None or each["proven"] is None or each["proven"]["verdict"] != "proven":
                continue
            if each["where"] is not None and _key(each["where"]) in found:
                found[_key(each["where"])].single.append(parse(each["proven"]["code"]))
    return list(found.values())


def _chosen(wanted: _Wanted, check: Check, left: list[str]) -> Insertion | None:
    """The first that nothing goes wrong with; what is not taken is said."""
    for calls in wanted.tries():
        code = code_of(calls)
        found = inserted(code, wanted.where)
        wrong = "the file would not parse" if found is None else check(wanted.where, calls)
        if not wrong:
            return found
        left.append(f"{place_name(wanted.where)}: {code} (not typed: {wrong})")
    return None


def merged(parts: Iterable[tuple[Call, ...]]) -> tuple[Call, ...]:
    """The calls of several sets on one queryset: all that any of them needs.

    Columns and relations add up.  A set that loads a relation in another way than one before it,
    or leaves out columns where the one before names them, is passed over.
    """
    ways: dict[str, str] = {}
    taken: dict[str, dict[Any, None]] = {}
    for calls in parts:
        new = {key: way for call in calls for key, way in _ways(call)}
        if any(ways.get(key, way) != way for key, way in new.items()):
            continue
        ways.update(new)
        for call in calls:
            taken.setdefault(call.method, {}).update(dict.fromkeys(call.arguments))
    return together([[Call(name, tuple(given)) for name, given in taken.items()]])


def _ways(call: Call) -> Iterator[tuple[str, str]]:
    """What a call decides, and how: two that decide it otherwise do not go together."""
    if call.method == "only":
        yield "columns", "only"
    if call.method == "defer":
        yield "columns", str(call)
    if call.method == "prefetch_related":
        for each in call.arguments:
            path = each.path if isinstance(each, Ahead) else str(each)
            yield path.partition("__")[0], str(each) if isinstance(each, Ahead) else "plain"


def _key(where: dict[str, Any]) -> str:
    return str(sorted(where.items(), key=str))


def _saving(visit: Visit) -> int:
    return 0 if visit.saved is None else visit.saved.after - visit.saved.before


def _below_here(where: dict[str, Any]) -> str | None:
    try:
        return Path(site_of(where).file).resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return None


def _read(name: str) -> str:
    try:
        return (Path.cwd() / name).read_bytes().decode("utf-8")
    except OSError as error:
        raise _NotTyped(str(error)) from None
    except UnicodeDecodeError:
        raise _NotTyped("it is not UTF-8") from None


def _lines(text: str) -> list[str]:
    """The lines as Python counts them: a form feed, or another of Unicode's breaks, ends none."""
    return io.StringIO(text, newline="").readlines()


def _changed(text: str, insertions: Iterable[Insertion]) -> str:
    lines = _lines(text)
    # From the end, so that what is put in moves nothing that is still to come; of several at one
    # place the first stays first.
    placed = sorted(
        (each.line, each.column, number, each.text) for number, each in enumerate(insertions)
    )
    for line, column, _, added in placed[::-1]:
        row = lines[line - 1]
        lines[line - 1] = row[:column] + added + row[column:]
    return "".join(lines)


def _names(text: str) -> set[str]:
    """The names that calls need, which are put behind an expression."""
    nodes = ast.walk(ast.parse(f"_{text}", mode="eval"))
    found = {node.id for node in nodes if isinstance(node, ast.Name)} - {"_"}
    return {name for name in found if not hasattr(builtins, name)}


def _with_imports(text: str, names: set[str]) -> str:
    """The text with what it needs imported.  Raises ``_NotTyped`` where that can't be done."""
    missing = names - _bound(text)
    if not missing:
        return text
    homes = {name: _home(name) for name in missing}
    homeless = ", ".join(sorted(name for name, home in homes.items() if home is None))
    if homeless:
        raise _NotTyped(f"where to import {homeless} from is not known")
    try:
        import libcst  # noqa: PLC0415  an extra
        from libcst.codemod import CodemodContext  # noqa: PLC0415
        from libcst.codemod.visitors import AddImportsVisitor  # noqa: PLC0415
    except ImportError:
        raise _NotTyped(
            "imports are added by libcst, which is not installed; install nplusone-guard[scan]"
        ) from None
    context = CodemodContext()
    for name, home in sorted(homes.items()):
        AddImportsVisitor.add_needed_import(context, str(home), name)
    try:
        after = AddImportsVisitor(context).transform_module(libcst.parse_module(text)).code
    except libcst.ParserSyntaxError:
        raise _NotTyped("libcst can't read the file") from None
    unbound = ", ".join(sorted(names - _bound(after)))
    if unbound:
        raise _NotTyped(f"{unbound} is imported for type checkers only")
    return after


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
