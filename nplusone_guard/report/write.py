"""A run written to a file, in the format that its specification names."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: Format → module and function; loaded on use, since not each needs what the others need.
_RENDERERS = {
    "html": ("nplusone_guard.report.html", "render"),
    "json": ("nplusone_guard.report.run", "run_to_json"),
    "md": ("nplusone_guard.report.markdown", "render"),
    "sarif": ("nplusone_guard.report.sarif", "render"),
}


def parse_spec(spec: str) -> tuple[str, str]:
    """Format and path of ``html:out/queries.html``.

    Raises ``ValueError``, whose message says what it takes.
    """
    form, _, path = spec.partition(":")
    if form not in _RENDERERS or not path:
        takes = ", ".join(f"{name}:PATH" for name in _RENDERERS)
        raise ValueError(f"a report is one of {takes}; {spec!r} is none of them")
    return form, path


def render(run: dict[str, Any], form: str) -> str:
    """The text of a run in a format; raises ``KeyError`` for one that there is not."""
    module, name = _RENDERERS[form]
    renderer: Callable[[dict[str, Any]], str] = getattr(import_module(module), name)
    return renderer(run)


def write(run: dict[str, Any], form: str, path: str | os.PathLike[str]) -> None:
    """Write a run; directories on the way are made, and a reader never finds half of it.

    Raises ``OSError`` where the file can not be written; what was there before is there still.
    """
    replace_file(path, render(run, form))


def replace_file(path: str | os.PathLike[str], text: str) -> None:
    """Write a file, as UTF-8 and at once: whatever ends the process, no half of it is left.

    Raises ``OSError`` where the file can not be written; what was there before is there still.
    """
    content = text.encode("utf-8")
    target = Path(os.path.realpath(path))  # a link stays one
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and not target.is_file():  # a device or a pipe can not be replaced
        target.write_bytes(content)
        return
    scratch = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        scratch.write_bytes(content)
        scratch.replace(target)
    except BaseException:
        with suppress(OSError):
            scratch.unlink()
        raise
