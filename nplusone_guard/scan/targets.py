"""The URL conf → what a scan asks for: each view that answers GET, at its route."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field, replace
from functools import partial
from inspect import unwrap
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from django.utils.regex_helper import normalize

from nplusone_guard.capture.code import is_project_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


INSTALLED = "a view of an installed package"
NO_GET = "it does not answer GET"
SHADOWED = "the same route stands earlier"

_ANCHOR = re.compile(r"^\^|\\A")


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A view at a route.

    ``route``: as ``request.resolver_match`` has it.  ``regex``: the expression that a path is
    matched with.  ``parameters``: the names of what the route takes; of a group without a name
    its number, ``_0``.  ``converters``: by parameter.  ``view``: the class, else the function.
    ``callback``: what the URL conf calls.  ``model``: that of an admin.  ``reason``: why it is not
    asked for; empty where it is.
    """

    route: str
    regex: str
    parameters: tuple[str, ...]
    view: Any
    callback: Any
    converters: Mapping[str, Any] = field(default_factory=dict)
    model: Any = None
    reason: str = ""

    @property
    def title(self) -> str:
        """The route for people: ``api/v1/orders/``."""
        return self.route or "/"

    def path(self, values: Mapping[str, Any]) -> str | None:
        """The path with these arguments; ``None`` where none leads to this route with them."""
        texts = {
            name: self.converters[name].to_url(value) if name in self.converters else str(value)
            for name, value in values.items()
        }
        for template, names in sorted(normalize(self.regex), key=lambda each: -len(each[1])):
            if not set(names) <= set(texts):
                continue
            path = "/" + template.replace("%", "%%").replace("%%(", "%(") % texts
            try:
                found = resolve(path)
            except Resolver404:
                continue
            if found.route == self.route:
                return quote(path, safe="/~:@!$&'()*+,;=")
        return None


def targets() -> tuple[Target, ...]:
    """Each view below the root URL conf, in its order.  Raises what importing it raises."""
    found: list[Target] = []
    routes: set[str] = set()
    for target in _below(get_resolver(), "", "", {}):
        shadowed = target.route in routes
        routes.add(target.route)
        found.append(replace(target, reason=SHADOWED) if shadowed else target)
    return tuple(found)


def _below(
    resolver: URLResolver, route: str, regex: str, above: Mapping[str, Any]
) -> Iterator[Target]:
    for pattern in resolver.url_patterns:
        here = _joined(route, str(pattern.pattern))
        expression = regex + _ANCHOR.sub("", pattern.pattern.regex.pattern)
        converters = {**above, **_parameters(pattern.pattern)}
        if isinstance(pattern, URLResolver):
            fixed = dict.fromkeys(pattern.default_kwargs)
            yield from _below(pattern, here, expression, {**converters, **fixed})
        elif isinstance(pattern, URLPattern):
            if "format" in converters and _is_suffix(here):
                continue  # the same view again, with a suffix
            callback: Any = pattern.callback
            view = _view(callback)
            yield Target(
                route=here,
                regex=expression,
                parameters=_taken(expression),
                view=view,
                callback=callback,
                converters={name: each for name, each in converters.items() if each is not None},
                model=getattr(getattr(callback, "model_admin", None), "model", None),
                reason=_reason(callback, view),
            )


def _joined(route: str, further: str) -> str:
    """As Django joins them for ``ResolverMatch.route``."""
    return route + further.removeprefix("^") if route else further


def _parameters(pattern: Any) -> dict[str, Any]:
    """The converters of a pattern's parameters, ``None`` for groups of an expression."""
    return {**dict.fromkeys(pattern.regex.groupindex), **pattern.converters}


def _taken(regex: str) -> tuple[str, ...]:
    """The names of all that a route can take, as ``normalize()`` numbers what has none."""
    return tuple(dict.fromkeys(name for _, names in normalize(regex) for name in names))


def _is_suffix(route: str) -> bool:
    return "<drf_format_suffix" in route or r"\.(?P<format>" in route


def _view(callback: Any) -> Any:
    for name in ("cls", "view_class", "model_admin"):
        found = getattr(callback, name, None)
        if found is not None:
            return found if isinstance(found, type) else type(found)
    while isinstance(callback, partial):
        callback = callback.func
    return unwrap(callback)


def _reason(callback: Any, view: Any) -> str:
    if not _is_own(view):
        return INSTALLED
    if not _answers_get(callback, view):
        return NO_GET
    return ""


def _is_own(view: Any) -> bool:
    if isinstance(view, type):
        file = getattr(sys.modules.get(view.__module__), "__file__", None)
    else:
        file = getattr(getattr(view, "__code__", None), "co_filename", None)
        if file is None:  # an instance with __call__
            file = getattr(sys.modules.get(type(view).__module__), "__file__", None)
    return file is not None and is_project_file(file)


def _answers_get(callback: Any, view: Any) -> bool:
    actions = getattr(callback, "actions", None)
    if isinstance(actions, dict):
        return "get" in actions
    if not isinstance(view, type) or not hasattr(view, "http_method_names"):
        return True
    return "get" in view.http_method_names and hasattr(view, "get")
