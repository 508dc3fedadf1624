"""Asking one route as one user: its path, from the rows made, and the request."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.core.cache import caches
from django.test import Client

from nplusone_guard.lab.compare import Answer
from nplusone_guard.scan.models import value_of
from nplusone_guard.scan.rows import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nplusone_guard.scan.hints import RouteHint
    from nplusone_guard.scan.targets import Target

_REDIRECTED, _FAILED = 300, 400
#: A token against forgery, which Django makes anew for each response, in a form or a script.
_TOKEN = re.compile(rb"(?<![0-9A-Za-z])[0-9A-Za-z]{64}(?![0-9A-Za-z])")
#: How many rows are tried for one that the user may see.
_MOST_TRIED = 12


def alike(before: Any, after: Any) -> bool:
    """Whether two answers are one, but for their tokens against forgery."""
    if isinstance(before, Answer) and isinstance(after, Answer) and _is_page(before):
        bodies = [_TOKEN.sub(b"", each.body) for each in (before, after)]
        before, after = (
            replace(each, body=body) for each, body in zip((before, after), bodies, strict=True)
        )
    return bool(before == after)


def _is_page(answer: Answer) -> bool:
    return answer.content_type.startswith("text/html")


class NotReached(Exception):
    """A user did not get an answer from a route; the message is the reason."""


@dataclass(slots=True)
class Asker:
    """A client that asks one route as one user."""

    target: Target
    user: Any
    client: Any = None

    def enter(self) -> None:
        """Log in; what that costs is no part of a request."""
        if hasattr(getattr(self.target.callback, "cls", None), "authentication_classes"):
            from rest_framework.test import APIClient  # noqa: PLC0415  where DRF is used

            self.client = APIClient()
            self.client.force_authenticate(self.user)
            return
        self.client = Client()
        if self.user is not None:
            self.client.force_login(self.user)

    def reach(self, hint: RouteHint, made: list[Any], asked: Mapping[str, int]) -> str:
        """The URL of a route that answers, with arguments from the rows made."""
        said: dict[str, None] = {}
        for url in _urls(self.target, hint, made, asked):
            try:
                response = self.get(url)
            except Exception as error:  # noqa: BLE001  what the view raises
                said[f"raises {type(error).__name__}: {shortened(error)}"] = None
                continue
            status = response.status_code
            if status < _REDIRECTED:
                return url
            leads = f" to {response.url.partition('?')[0]}" if status < _FAILED else ""
            said[f"answers {status}{leads}"] = None
        raise NotReached(", ".join(said) or _missing(self.target, hint, made))

    def get(self, url: str) -> Any:
        """One request; nothing of the one before is left in a cache."""
        for cache in caches.all(initialized_only=True):
            cache.clear()
        return self.client.get(url, headers={"accept": "application/json, */*;q=0.5"})


def _missing(target: Target, hint: RouteHint, made: list[Any]) -> str:
    """Why there is no path to a route."""
    given = {
        name
        for name in target.parameters
        if name in hint.kwargs or any(value_of(target, name, row) is not None for row in made)
    }
    missing = [name for name in target.parameters if name not in given]
    if missing:
        return f"no row gives it {', '.join(missing)}"
    return "no path leads to it: an earlier route takes it, or its expression can't be turned round"


def _urls(target: Target, hint: RouteHint, made: list[Any], asked: Mapping[str, int]) -> list[str]:
    """URLs of a route, one for each row that could be its subject."""
    query = "&".join(filter(None, (hint.query, urlencode(asked))))
    query = f"?{query}" if query else ""
    if hint.path:
        return [hint.path + query]
    found: dict[str, None] = {}
    subjects = made[::-1][:_MOST_TRIED] if set(target.parameters) - set(hint.kwargs) else []
    for subject in [*subjects, None]:
        values = dict(hint.kwargs)
        for name in target.parameters:
            value = None if subject is None else value_of(target, name, subject)
            if value is not None:
                values.setdefault(name, value)
        path = target.path(values)
        if path is not None:
            found[path + query] = None
    return list(found)
