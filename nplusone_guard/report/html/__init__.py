"""A run as one page of HTML: no network, no other file, readable without JavaScript."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Any

from django.template import Context, Engine
from django.utils.safestring import mark_safe

from nplusone_guard.report.html.page import page


def render(run: dict[str, Any]) -> str:
    """The page; the source lines of places are read now.

    The template engine is one of its own, so that settings, loaders and tags of the project
    change nothing.  All that comes from the run goes through its escaping.
    """
    style, script = (_own(name) for name in ("run.css", "run.js"))
    context = {
        "run": page(run),
        # Ours, and bound to the policy by their hashes.
        "style": mark_safe(style),  # noqa: S308
        "script": mark_safe(script),  # noqa: S308
        "policy": f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'",
    }
    engine = Engine(dirs=[str(files("nplusone_guard.report.html"))], autoescape=True, debug=False)
    return engine.get_template("run.html").render(Context(context, autoescape=True))


def _own(name: str) -> str:
    return files("nplusone_guard.report.html").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
