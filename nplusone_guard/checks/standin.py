"""A view without a client: what it would answer from, and no query.

An action is prepared as the framework would (instance, request, user, version), up to the point
where it would be run.  A view's own code may need more than that; it is then not judged.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connections
from django.db.models import Manager, QuerySet
from django.http import HttpRequest
from rest_framework.serializers import ListSerializer, Serializer

from nplusone_guard.checks.endpoints import of_project
from nplusone_guard.checks.overrides import LOADS, SETS, defining, ends_in, names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nplusone_guard.checks.endpoints import Endpoint

logger = logging.getLogger("nplusone_guard")

LIST: Final = "list"
RETRIEVE: Final = "retrieve"


class QueryRefused(Exception):
    """A check asked a view for its queryset, and the view ran a query."""


@contextmanager
def no_queries() -> Iterator[None]:
    """Refuse queries, and connections to run them on, in this thread."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise QueryRefused("no query is run for a check")

    with ExitStack() as stack:
        for alias in connections:
            try:
                connection = connections[alias]
            except Exception:  # noqa: BLE001, S112  a backend without its driver runs no query either
                continue
            stack.enter_context(connection.execute_wrapper(refuse))
            # An attribute of the instance, over the class's: no signal comes before connecting.
            vars(connection)["ensure_connection"] = refuse
            stack.callback(vars(connection).pop, "ensure_connection")
        yield


@dataclass(frozen=True, slots=True)
class Trial:
    """One action of an endpoint, ``list`` or ``retrieve``, and what it answers from.

    ``queryset`` is not evaluated and ``serializer`` is for one object.  They are ``None`` where
    the view's own code can't be followed or gives something else.
    """

    endpoint: Endpoint
    action: str
    view: Any
    queryset: QuerySet[Any] | None
    serializer: Serializer[Any] | None


def trials(endpoint: Endpoint) -> Iterator[Trial]:
    """The actions of an endpoint that end in the framework's own ``list`` or ``retrieve``."""
    handler = endpoint.actions.get("get")
    action = attempt(endpoint, lambda: ends_in(endpoint.cls, handler)) if handler else None
    if action not in {LIST, RETRIEVE}:
        return
    view = attempt(endpoint, lambda: prepared(endpoint, handler))
    if view is None:
        return
    if _prepares_itself(endpoint.cls):
        yield Trial(endpoint, action, view, queryset=None, serializer=None)
        return
    yield Trial(
        endpoint,
        action,
        view,
        queryset=attempt(endpoint, lambda: _queryset(view, action)),
        serializer=attempt(endpoint, lambda: _serializer(view, action)),
    )


def attempt(endpoint: Endpoint, step: Callable[[], Any]) -> Any:
    """What the project's code gives, or ``None`` where it raises."""
    try:
        return step()
    except Exception as error:  # noqa: BLE001  the project's code, without all that it counts on
        cls = endpoint.cls
        logger.debug("%s.%s is not checked: %r", cls.__module__, cls.__qualname__, error)
        return None


def prepared(endpoint: Endpoint, handler: str | None) -> Any:
    """The view as it is when ``handler`` is about to be called."""
    view = endpoint.cls(**endpoint.initkwargs)
    http = HttpRequest()
    http.method = "GET"
    http.path = http.path_info = f"/{endpoint.route}"
    http.META = {"REQUEST_METHOD": "GET", "SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    http.resolver_match = endpoint.match
    http.session = {}  # type: ignore[assignment]
    view.request, view.args, view.kwargs = http, (), endpoint.match.kwargs
    view.format_kwarg, view.headers = None, view.default_response_headers
    if hasattr(endpoint.match.func, "actions"):
        view.action_map = endpoint.actions
    view.request = request = view.initialize_request(http)
    request.user, request.auth = _user(), None
    if hasattr(view, "action_map"):
        view.action = handler
    try:
        request.version, request.versioning_scheme = view.determine_version(request)
    except Exception:  # noqa: BLE001  a made-up version is none of those allowed
        request.version = request.versioning_scheme = None
    renderer = view.get_renderers()[0]
    request.accepted_renderer, request.accepted_media_type = renderer, renderer.media_type
    return view


def _user() -> Any:
    """Someone with a key, so that filters take it, who is nobody and whom nothing saves."""
    if not apps.is_installed("django.contrib.auth"):
        return None
    user = get_user_model()()
    for key in (0, str(UUID(int=0))):
        try:
            user.pk = user._meta.pk.to_python(key)  # noqa: SLF001
        except Exception:  # noqa: BLE001, S112  a field refuses as it likes
            continue
        break
    return user


def _queryset(view: Any, action: str) -> QuerySet[Any] | None:
    cls = type(view)
    if action == RETRIEVE and ends_in(cls, "get_object") is None:
        return None
    if action == LIST and not _pages_are_the_frameworks(view):
        return None
    found = view.get_queryset()
    if isinstance(found, Manager):
        found = found.all()
    if any(map(of_project, (defining(cls, "filter_queryset"), *view.filter_backends))):
        found = view.filter_queryset(found)
    return found if isinstance(found, QuerySet) else None


def _pages_are_the_frameworks(view: Any) -> bool:
    """Whether no code of the project stands between the queryset and the page.

    It could load more for the rows of a page.
    """
    paginator = getattr(view, "pagination_class", None)
    between = [cls for cls in (type(view), paginator) if cls is not None]
    return not any(of_project(defining(cls, "paginate_queryset")) for cls in between)


def _serializer(view: Any, action: str) -> Serializer[Any] | None:
    if names_in(defining(type(view), "get_serializer"), "get_serializer") & LOADS:
        return None
    if action == LIST:
        found = view.get_serializer([], many=True)
        if isinstance(found, ListSerializer):
            if type(found).to_representation is not ListSerializer.to_representation:
                return None
            found = found.child
    else:
        found = view.get_serializer()
    if not isinstance(found, Serializer) or _loads_by_itself(type(found)):
        return None
    return found


def _prepares_itself(cls: type) -> bool:
    """Whether code that runs before an action may change what it answers from."""
    return any(
        names_in(base, name) & SETS
        for base in cls.__mro__
        for name in ("__init__", "setup", "dispatch", "initialize_request", "initial")
        if not base.__module__.startswith(("rest_framework.", "django."))
    )


def _loads_by_itself(serializer: type) -> bool:
    """Whether a serializer adds to the queryset that it is given."""
    return any(
        names_in(base, name) & LOADS
        for base in serializer.__mro__
        for name in ("__new__", "__init__", "many_init")
    )
