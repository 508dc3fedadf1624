"""Places as a reader wants them: short paths, the source line, the expression in it."""

from __future__ import annotations

import linecache
import os
from pathlib import Path
from typing import Any, NamedTuple

from nplusone_guard.trace import CallSite


def shown_path(file: str) -> str:
    """Relative to the current directory, with forward slashes, when the file is below it."""
    try:
        return Path(file).relative_to(Path.cwd()).as_posix()
    except (OSError, ValueError):
        return file.replace("\\", "/")


class SourceLine(NamedTuple):
    """A line of source without its indentation; ``start`` and ``end`` bound the expression.

    Both are columns of ``text``, in characters; equal where the expression is not known.
    """

    text: str
    start: int
    end: int


def source_line(site: CallSite) -> SourceLine | None:
    """The line of a place, or ``None`` where its source is not to be had."""
    line = _line(site.file, site.line)
    text = line.lstrip()
    if not text:
        return None
    if site.column is None:
        return SourceLine(text, 0, 0)
    raw = line.encode("utf-8", "surrogatepass")  # columns count bytes (PEP 657)
    several = site.end_line is not None and site.end_line != site.line
    stop = None if several or site.end_column is None else site.end_column
    indent = len(line) - len(text)
    start = len(raw[: site.column].decode("utf-8", "replace")) - indent
    end = len(raw[:stop].decode("utf-8", "replace")) - indent
    if not 0 <= start < end <= len(text):
        return SourceLine(text, 0, 0)
    return SourceLine(text, start, end)


def site_of(location: dict[str, Any]) -> CallSite:
    """The place that a ``location`` of the JSON tells of, its file in the current directory."""
    file = location["file"]
    if is_file_name(file):
        file = str(Path.cwd() / file)
    return CallSite(**{**location, "file": file})


def path_in_checkout(file: str) -> str:
    """The path as the checkout has it, which is what code hosts want.

    Relative to ``GITHUB_WORKSPACE`` where that is set and the file is below it, else as it is
    shown.  ``file`` may be relative to the current directory.
    """
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if workspace and is_file_name(file):
        try:
            return Path.cwd().joinpath(file).relative_to(workspace).as_posix()
        except (OSError, ValueError):
            pass
    return shown_path(file)


def is_file_name(file: str) -> bool:
    """Whether it names a file: not ``<string>``, nor a template that is none."""
    return not file.startswith("<") and "\0" not in file


def source_span(site: CallSite) -> tuple[int, int, int] | None:
    """Bounds of the expression: column, last line, and column behind it, in characters from 0.

    ``None`` where the expression is not known, or the source not to be had.
    """
    if site.column is None or site.end_line is None or site.end_column is None:
        return None
    first, last = (_line(site.file, line) for line in (site.line, site.end_line))
    start, end = _characters(first, site.column), _characters(last, site.end_column)
    if start is None or end is None or (site.line, start) >= (site.end_line, end):
        return None
    return start, site.end_line, end


def source_lines(file: str) -> list[str]:
    """The lines of a file without their ends; none where it can not be read."""
    try:
        return [line.rstrip("\r\n") for line in linecache.getlines(file)]
    except ValueError:  # a name that no file can have
        return []


def _line(file: str, number: int) -> str:
    lines = source_lines(file)
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _characters(line: str, column: int) -> int | None:
    raw = line.encode("utf-8", "surrogatepass")
    return len(raw[:column].decode("utf-8", "replace")) if column <= len(raw) else None
