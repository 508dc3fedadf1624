"""Fixes typed as a developer would: the code behind the expression that a fix names, then run.

What a developer would import for it (``Count``, ``Prefetch``, the models) is there already.
"""

from __future__ import annotations

import inspect
import sys
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, NamedTuple

from django.apps import apps
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db import models, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nplusone_guard.finding import Fix
    from nplusone_guard.trace import CallSite


class Edit(NamedTuple):
    """A piece of a file's bytes to be replaced."""

    start: int
    end: int
    text: str


def offset(source: bytes, line: int, column: int) -> int:
    """Where a place of a ``CallSite`` is in a file."""
    lines = source.splitlines(keepends=True)
    return sum(map(len, lines[: line - 1])) + column


def text_at(site: CallSite) -> str:
    """The expression at a place."""
    source = Path(site.file).read_bytes()
    start = offset(source, site.line, site.column)
    return source[start : offset(source, site.end_line, site.end_column)].decode()


def behind(fix: Fix) -> Edit:
    """The fix's code behind its expression."""
    where = fix.where
    assert where is not None, fix
    assert where.end_column is not None, fix
    end = offset(Path(where.file).read_bytes(), where.end_line, where.end_column)
    return Edit(end, end, f".{fix.code}")


def replacements(run: Callable[[], object], pieces: Iterable[tuple[str, str]]) -> list[Edit]:
    """Edits of pieces of a function's source, each of which stands there."""
    file = inspect.getsourcefile(run)
    source = Path(file).read_bytes()
    lines, first = inspect.getsourcelines(run)
    begin = offset(source, first, 0)
    # The decorator repeats pieces of the code: what is described there, not done.
    begin = source.index(b"\ndef ", begin - 1)
    end = offset(source, first, 0) + sum(len(line.encode()) for line in lines)
    edits = []
    for old, new in pieces:
        start = source.find(old.encode(), begin, end)
        assert start >= 0, f"{old!r} is not in {run.__name__}"
        while start >= 0:
            edits.append(Edit(start, start + len(old.encode()), new))
            start = source.find(old.encode(), start + len(old.encode()), end)
    return edits


def edited(source: bytes, edits: Iterable[Edit]) -> bytes:
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        source = source[: edit.start] + edit.text.encode() + source[edit.end :]
    return source


@contextmanager
def changed(
    run: Callable[[], object], edits: dict[str, list[Edit]], folder: Path
) -> Iterator[Callable[[], object]]:
    """The function as it is after edits of its module and of others, by file.

    Its own module is run anew under another name; functions of the other modules get their new
    code for as long.
    """
    file = inspect.getsourcefile(run)
    swapped: list[tuple[FunctionType, CodeType]] = []
    source = edited(Path(file).read_bytes(), edits.get(file, []))
    name = _name("changed", source)
    try:
        for other, changes in edits.items():
            if other != file:
                swapped += _swap(other, changes)
        yield getattr(_module(name, source, folder), run.__name__)
    finally:
        sys.modules.pop(name, None)
        for function, code in swapped:
            function.__code__ = code


def _name(prefix: str, source: bytes) -> str:
    """The same for the same source, so that a failure can be replayed."""
    return f"{prefix}_{blake2b(source, digest_size=6).hexdigest()}"


def _module(name: str, source: bytes, folder: Path) -> ModuleType:
    path = folder / f"{name}.py"
    path.write_bytes(source)
    module = ModuleType(name)
    module.__file__ = str(path)
    vars(module).update(imports())
    sys.modules[name] = module
    exec(compile(source, str(path), "exec"), vars(module))
    return module


@contextmanager
def loaded(source: str, folder: Path) -> Iterator[ModuleType]:
    """A module of this source, with what a fix may need imported."""
    name = _name("written", source.encode())
    try:
        yield _module(name, source.encode(), folder)
    finally:
        sys.modules.pop(name, None)


def imports() -> dict[str, object]:
    """What a fix may need."""
    names = {each: getattr(models, each) for each in models.__all__}
    names |= {each.__name__: each for each in apps.get_app_config("shop").get_models()}
    return {**names, "GenericPrefetch": GenericPrefetch, "models": models}


def _swap(file: str, changes: list[Edit]) -> list[tuple[FunctionType, CodeType]]:
    """Give the functions of a loaded module their code after the changes."""
    module = next(each for each in sys.modules.values() if getattr(each, "__file__", "") == file)
    compiled = compile(edited(Path(file).read_bytes(), changes), file, "exec")
    codes = {each.co_qualname: each for each in _codes(compiled)}
    swapped = []
    for function in _functions(module):
        code = codes.get(function.__qualname__)
        if code is not None and code.co_code != function.__code__.co_code:
            swapped.append((function, function.__code__))
            function.__code__ = code
    assert swapped, f"No function of {file} has changed."
    return swapped


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    for value in vars(module).values():
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            yield value
        elif isinstance(value, type) and value.__module__ == module.__name__:
            yield from (each for each in vars(value).values() if isinstance(each, FunctionType))


@contextmanager
def undone() -> Iterator[None]:
    """What is written within is not in the databases afterwards."""
    with transaction.atomic(), transaction.atomic("other"):
        try:
            yield
        finally:
            for alias in ("default", "other"):
                transaction.set_rollback(True, using=alias)
