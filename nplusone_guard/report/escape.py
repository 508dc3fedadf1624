"""Text from outside, as GitHub's Markdown shows it and never reads it."""

from __future__ import annotations

import re

from nplusone_guard.report.text import safe

_SPECIAL = re.compile(r"[\\`*_\[\]<>&|~#!$@]")
#: What GitHub makes a link of by itself.
_ADDRESS = re.compile(r"(?i)\b(?:(https?|ftp):(?=//)|www\.)")
#: What a runner of GitHub Actions takes for a command where the text is printed in a job.
_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\[)", re.MULTILINE)
#: What ends a code span, or a cell of a table around it.
_ENDS_CODE = re.compile(r"[`|\\]")


def prose(text: str, most: int = 2_000) -> str:
    """A part of a paragraph; the rest of a line must not begin with it."""
    escaped = _SPECIAL.sub(r"\\\g<0>", inert(safe(_cut(text, most))))
    return _ADDRESS.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", escaped)


def code(text: str, most: int = 500) -> str:
    """A code span, also in a cell of a table; nothing where there is no text."""
    shown = inert(safe(_cut(text, most)).strip())
    if not _ENDS_CODE.search(shown):
        return f"`{shown}`" if shown else ""
    # Entities are no marks of Markdown, and no ends of cells.
    escaped = "".join(
        each if each.isalnum() or each in " ./,-" else f"&#{ord(each)};" for each in shown
    )
    return f"<code>{escaped}</code>"


def fenced(text: str, language: str, most: int = 4_000) -> str:
    """A block of code; line breaks stay."""
    lines = [inert(safe(line)) for line in _cut(text, most).split("\n")]
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *lines, fence])


def inert(text: str) -> str:
    """Text that is no workflow command, wherever it is printed."""
    return _COMMAND.sub(lambda found: f"{found[1] or ''}\\x{ord(found[0][-1]):02x}", text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
