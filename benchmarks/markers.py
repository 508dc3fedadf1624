"""Text that a script keeps up to date in a page, between two comments that name the script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def put(page: Path, name: str, text: str) -> None:
    """Replace what stands between the markers.  Raises ``SystemExit`` where they do not stand."""
    between = re.compile(
        rf"(?<=<!-- {re.escape(name)} -->\n).*?(?=<!-- /{re.escape(name)} -->)", re.DOTALL
    )
    after, found = between.subn(lambda _: text.strip("\n") + "\n", page.read_text())
    if found != 1:
        raise SystemExit(f"{page.name} needs one <!-- {name} --> ... <!-- /{name} -->.")
    page.write_text(after)


def table(heading: list[str], rows: list[list[str]], *, left: int = 1) -> str:
    """A table in Markdown; the first ``left`` columns are flush left, the others right."""
    dashes = ["---"] * left + ["---:"] * (len(heading) - left)
    lines = [heading, dashes, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
