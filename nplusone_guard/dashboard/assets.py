"""The dashboard's files for the browser, served by itself: a project needs no static files.

``htmx.min.js`` is that of the npm package ``htmx.org``, version 2.0.11, unchanged; its licence
(0BSD) is beside it.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

from nplusone_guard.dashboard.links import link

_STATIC = ("nplusone_guard.dashboard", "static")
_REPORT = ("nplusone_guard.report.html", "")
#: Name → content type, and the files it is made of.  The report's own style comes first.
_ASSETS = {
    "guard.css": ("text/css; charset=utf-8", ((*_REPORT, "run.css"), (*_STATIC, "guard.css"))),
    "badge.css": ("text/css; charset=utf-8", ((*_STATIC, "badge.css"),)),
    "guard.js": ("text/javascript; charset=utf-8", ((*_STATIC, "guard.js"),)),
    "htmx.min.js": ("text/javascript; charset=utf-8", ((*_STATIC, "htmx.min.js"),)),
    "icon.svg": ("image/svg+xml", ((*_STATIC, "icon.svg"),)),
}


class Asset(NamedTuple):
    """A file: its bytes, and a digest of them that is part of its URL."""

    content: bytes
    content_type: str
    digest: str


@cache
def asset(name: str) -> Asset | None:
    """The file of this name, or ``None`` where there is no such file."""
    found = _ASSETS.get(name)
    if found is None:
        return None
    content_type, parts = found
    content = b"".join(
        files(package).joinpath(*filter(None, (folder, file))).read_bytes()
        for package, folder, file in parts
    )
    return Asset(content, content_type, sha256(content).hexdigest()[:16])


def asset_url(name: str) -> str:
    """The URL of one of the files."""
    found = asset(name)
    assert found is not None  # noqa: S101  it is one of them
    return link("static", found.digest, name)


def asset_urls() -> dict[str, str]:
    """The URLs of all files, by their names without what follows the first dot."""
    return {name.replace(".min", "").replace(".", "_"): asset_url(name) for name in _ASSETS}
