"""Places as a reader wants them: short paths, the source line, the expression in it."""

from __future__ import annotations

import linecache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
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
    line = linecache.getline(site.file, site.line).rstrip("\r\n")
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
