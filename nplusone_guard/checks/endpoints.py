"""The URL conf → the project's views of Django REST Framework, each with its route and actions."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.urls import ResolverMatch, URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from nplusone_guard.capture.code import is_project_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

logger = logging.getLogger("nplusone_guard")


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """A view at one route.

    ``actions``: HTTP method (lower case) → the view's method for it.  ``match``: what resolving a
    URL of the route would give, with made-up values for its parameters.
    """

    cls: Any
    initkwargs: Mapping[str, Any]
    actions: Mapping[str, str]
    match: ResolverMatch

    @property
    def route(self) -> str:
        """The route as Django knows it."""
        return str(self.match.route)


def endpoints() -> tuple[Endpoint, ...]:
    """The project's own views; none where the URL conf can't be read, which Django's check says.

    A view at several routes that differ in nothing it can see is given once.
    """
    found: dict[object, Endpoint] = {}
    try:
        for endpoint in _below(get_resolver(), (), (), "", {}):
            if of_project(endpoint.cls):
                found.setdefault(_identity(endpoint), endpoint)
    except Exception:  # whatever importing the project's URLs may raise
        logger.debug("The URL conf can't be read; practices are not checked.", exc_info=True)
        return ()
    return tuple(found.values())


def of_project(cls: type) -> bool:
    """Whether a class is written in the project: neither framework nor installed."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return file is not None and is_project_file(file)


def _below(
    resolver: URLResolver,
    namespaces: tuple[str, ...],
    app_names: tuple[str, ...],
    route: str,
    above: Mapping[str, Any],
) -> Iterator[Endpoint]:
    for pattern in resolver.url_patterns:
        here = f"{route}{pattern.pattern}"
        given = {**above, **_parameters(pattern.pattern)}
        if isinstance(pattern, URLResolver):
            yield from _below(
                pattern,
                (*namespaces, *([pattern.namespace] if pattern.namespace else ())),
                (*app_names, *([pattern.app_name] if pattern.app_name else ())),
                here,
                {**given, **pattern.default_kwargs},
            )
        elif isinstance(pattern, URLPattern):
            callback: Any = pattern.callback
            cls = getattr(callback, "cls", None)
            if isinstance(cls, type) and issubclass(cls, APIView):
                yield Endpoint(
                    cls=cls,
                    initkwargs=getattr(callback, "initkwargs", {}),
                    actions=_actions(cls, getattr(callback, "actions", None)),
                    match=ResolverMatch(
                        callback,
                        (),
                        {**given, **pattern.default_args},
                        url_name=pattern.name,
                        app_names=list(app_names),
                        namespaces=list(namespaces),
                        route=here,
                    ),
                )


def _actions(cls: type[APIView], actions: Mapping[str, str] | None) -> Mapping[str, str]:
    if actions is not None:
        return actions
    return {name: name for name in cls.http_method_names if hasattr(cls, name)}


def _parameters(pattern: Any) -> dict[str, Any]:
    """A value for each parameter of a pattern, of the type that its converter makes."""
    found: dict[str, Any] = {}
    for name, converter in pattern.converters.items():
        found[name] = "1"
        for text in ("1", str(UUID(int=1))):
            try:
                found[name] = converter.to_python(text)
            except Exception:  # noqa: BLE001, S112  a converter refuses as it likes
                continue
            break
    if not found and hasattr(pattern, "_regex"):
        found.update(dict.fromkeys(pattern.regex.groupindex, "1"))
    # DRF's routers make it a suffix of the last segment.
    found.pop("format", None)
    return found


def _identity(endpoint: Endpoint) -> object:
    names = ("suffix", "basename", "detail", "name", "description")
    given = [(name, id(value)) for name, value in endpoint.initkwargs.items() if name not in names]
    return (
        endpoint.cls,
        tuple(sorted(endpoint.actions.items())),
        tuple(given),
        tuple(endpoint.match.namespaces),
        tuple(sorted(endpoint.match.kwargs)),
    )
