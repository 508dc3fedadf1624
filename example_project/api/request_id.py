"""A name for each request: in its response, in its errors and in each line logged for it."""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from asgiref.sync import iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest

HEADER = "X-Request-ID"
#: What a proxy may have named it: nothing that could break a line of a log.
_GIVEN = re.compile(r"[\w.-]{8,64}", re.ASCII)
_current: ContextVar[str] = ContextVar("request_id", default="-")


def request_id() -> str:
    """The id of the request being answered; ``-`` outside of one."""
    return _current.get()


@sync_and_async_middleware
def request_id_middleware(get_response: Callable[[HttpRequest], Any]) -> Callable[..., Any]:
    """Take the id that a proxy in front has given, or make one; answer with it."""
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> Any:
            with _named(request) as name:
                response = await get_response(request)
            response.headers[HEADER] = name
            return response
    else:

        def middleware(request: HttpRequest) -> Any:
            with _named(request) as name:
                response = get_response(request)
            response.headers[HEADER] = name
            return response

    return middleware


@contextmanager
def _named(request: HttpRequest) -> Iterator[str]:
    given = request.headers.get(HEADER, "")
    name = given if _GIVEN.fullmatch(given) else uuid4().hex
    request.request_id = name  # type: ignore[attr-defined]
    token = _current.set(name)
    try:
        yield name
    finally:
        _current.reset(token)
