"""What the URL conf has: each view of a version, under its path and with the methods it takes."""

from __future__ import annotations

import re

from django.urls import URLPattern

from api import naive, v1, v2

_MODULES = {"v1": v1, "v2": v2, "naive": naive}
_METHODS = ("get", "post", "put", "patch", "delete")


def views(version):
    """``path, view``, the path without the version's."""
    return _patterns(_MODULES[version].urlpatterns, "")


def _patterns(given, prefix):
    for each in given:
        path = f"{prefix}{each.pattern}"
        if isinstance(each, URLPattern):
            yield path, each.callback
        else:
            yield from _patterns(each.url_patterns, path)


def methods(view):
    handlers = getattr(view, "actions", None) or [m for m in _METHODS if hasattr(view.cls, m)]
    return set(handlers) & set(view.cls.http_method_names) - {"head"}


def routes(version):
    """Each ``(method, path)``, with ``{id}`` for the key."""
    return {
        (method, re.sub("<[^>]+>", "{id}", path))
        for path, view in views(version)
        for method in methods(view)
    }
