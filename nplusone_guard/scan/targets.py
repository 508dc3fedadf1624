"""The URL conf → what a scan asks for: each view that answers GET, at its route."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from inspect import unwrap
from typing import TYPE_CHECKING, Any

from django.urls import URLPattern, URLResolver, get_resolver

from nplusone_guard.capture.code import is_project_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


INSTALLED = "a view of an installed package"


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A view at a route.

    ``name``: as ``reverse()`` takes it, ``None`` where the route has none.  ``parameters``: the
    names of what the route takes.  ``given``: arguments that the URL conf fixes.  ``view``: the
    class, else the function.  ``callback``: what the URL conf calls.  ``model``: that of an
    admin.  ``reason``: why it is not asked for;
    empty where it is.
    """

    route: str
    name: str | None
    parameters: tuple[str, ...]
    given: Mapping[str, Any]
    view: Any
    callback: Any
    model: Any = None
    reason: str = ""

    @property
    def title(self) -> str:
        """The route for people: ``api/v1/orders/``."""
        return self.route or "/"


def targets() -> tuple[Target, ...]:
    """Each view below the root URL conf, in its order.  Raises what importing it raises."""
    found: dict[tuple[str, object], Target] = {}
    for target in _below(get_resolver(), "", (), {}):
        found.setdefault((target.route, target.view), target)
    return tuple(found.values())


def _below(
    resolver: URLResolver, route: str, namespaces: tuple[str, ...], above: Mapping[str, Any]
) -> Iterator[Target]:
    for pattern in resolver.url_patterns:
        here = f"{route}{pattern.pattern}"
        names = {**above, **dict.fromkeys(_parameters(pattern.pattern))}
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, *([pattern.namespace] if pattern.namespace else ()))
            yield from _below(pattern, here, inner, {**names, **pattern.default_kwargs})
        elif isinstance(pattern, URLPattern):
            if "format" in names and _is_suffix(here):
                continue  # the same view again, with a suffix
            callback: Any = pattern.callback
            view = _view(callback)
            name = ":".join((*namespaces, pattern.name)) if pattern.name else None
            given = {key: value for key, value in names.items() if value is not None}
            yield Target(
                route=here,
                name=name,
                parameters=tuple(key for key, value in names.items() if value is None),
                given={**given, **pattern.default_args},
                view=view,
                callback=callback,
                model=getattr(getattr(callback, "model_admin", None), "model", None),
                reason=_reason(callback, view),
            )


def _is_suffix(route: str) -> bool:
    return "<drf_format_suffix" in route or r"\.(?P<format>" in route


def _parameters(pattern: Any) -> list[str]:
    names = list(pattern.converters)
    if not names and hasattr(pattern, "_regex"):
        names = list(pattern.regex.groupindex)
    return names


def _view(callback: Any) -> Any:
    for name in ("cls", "view_class", "model_admin"):
        found = getattr(callback, name, None)
        if found is not None:
            return found if isinstance(found, type) else type(found)
    return unwrap(callback)


def _reason(callback: Any, view: Any) -> str:
    if not _is_own(view):
        return INSTALLED
    if not _answers_get(callback, view):
        return "it does not answer GET"
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
