"""What a project tells the scan about itself, in a TOML file: factories, and how to reach a route.

.. code-block:: toml

    [factories]                      # how rows are made, in place of model-bakery
    "orders.Order" = "tests.factories.OrderFactory"

    [users]                          # who asks, in place of users made up
    plain = "tests.factories.a_customer"

    [routes."api/v1/orders/<int:pk>/"]
    model = "orders.Order"           # whose rows it shows
    kwargs = { pk = 1 }              # arguments of the route
    query = "page_size=100"          # the query string
    path = "/api/v1/orders/1/"       # or: the path itself, with the rows that a factory made
    skip = "it sends a mail"         # or: not to be asked for
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

USERS = ("anonymous", "plain", "staff")
_TABLES = ("factories", "users", "routes")
_OF_ROUTE = ("model", "kwargs", "path", "query", "skip")


class HintsError(ValueError):
    """A file of hints that can't be used; the message names the file and the key."""


@dataclass(frozen=True, slots=True)
class RouteHint:
    """What is known of one route."""

    model: Any = None
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""
    query: str = ""
    skip: str = ""


@dataclass(frozen=True, slots=True)
class Hints:
    """``factories``: by the label of their model.  ``users``: functions that make one, by kind."""

    factories: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    users: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    routes: Mapping[str, RouteHint] = field(default_factory=dict)


def read_hints(path: Path) -> Hints:
    """The hints in a file.  Raises :class:`HintsError`."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HintsError(f"{path} can't be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HintsError(f"{path} is no TOML: {error}.") from None
    try:
        _known(given, _TABLES, "")
        return Hints(
            factories={
                _model(label, f"factories.{label}")._meta.label: _imported(
                    dotted, f"factories.{label}"
                )
                for label, dotted in _table(given, "factories").items()
            },
            users={
                kind: _imported(dotted, f"users.{kind}")
                for kind, dotted in _known(_table(given, "users"), USERS[1:], "users.").items()
            },
            routes={
                route: _route(found, f'routes."{route}"')
                for route, found in _table(given, "routes").items()
            },
        )
    except HintsError as error:
        raise HintsError(f"{path}: {error}") from None


def _route(given: Any, key: str) -> RouteHint:
    if not isinstance(given, dict):
        raise HintsError(f"{key} takes a table with {', '.join(_OF_ROUTE)}.")
    _known(given, _OF_ROUTE, f"{key}.")
    model, kwargs = given.get("model"), given.get("kwargs", {})
    if not isinstance(kwargs, dict):
        raise HintsError(f"{key}.kwargs takes a table of arguments.")
    for name in ("path", "query", "skip"):
        if not isinstance(given.get(name, ""), str):
            raise HintsError(f"{key}.{name} takes a text.")
    return RouteHint(
        model=None if model is None else _model(model, f"{key}.model"),
        kwargs=kwargs,
        path=given.get("path", ""),
        query=given.get("query", "").removeprefix("?"),
        skip=given.get("skip", ""),
    )


def _table(given: dict[str, Any], key: str) -> dict[str, Any]:
    found = given.get(key, {})
    if not isinstance(found, dict):
        raise HintsError(f"{key} takes a table.")
    return found


def _known(given: dict[str, Any], names: tuple[str, ...], prefix: str) -> dict[str, Any]:
    for key in given:
        if key not in names:
            raise HintsError(f"{prefix}{key} is not known; known: {', '.join(names)}.")
    return given


def _model(label: Any, key: str) -> Any:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError, AttributeError, TypeError):
        raise HintsError(f"{key} names a model as app.Model; {label!r} is none.") from None


def _imported(dotted: Any, key: str) -> Any:
    try:
        found = import_string(dotted)
    except Exception as error:  # noqa: BLE001  whatever the module does when it is imported
        raise HintsError(f"{key} takes a dotted path; {dotted!r}: {error}") from None
    if not callable(found) and not hasattr(found, "create"):
        raise HintsError(f"{key} takes a dotted path to a function or factory; {dotted!r} is none.")
    return found
