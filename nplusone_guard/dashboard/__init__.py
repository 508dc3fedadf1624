"""The page at ``/__guard__/``: what requests cost, kept in a file and shown in the browser.

A request that ends gives its report to a queue (``recording``), a thread writes it to a SQLite
file (``writer``, ``store``), and views read that file (``views``).  With neither ``DEBUG`` nor a
permission of the project's own, or without the URLs, no file is ever opened.

For whoever wants to link to the page of a request: :func:`request_id` and :func:`request_url`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpRequest

#: The application namespace of the URLs: ``reverse("nplusone_guard:request", args=[id])``.
NAMESPACE = "nplusone_guard"


def request_id(request: HttpRequest | Any) -> str | None:
    """The id under which the report of this request is, or will be, in the store.

    It can be asked for while the view still runs, and after the response is made; REST
    framework's requests are taken as well.  ``None`` where the request is not recorded.
    """
    from nplusone_guard.dashboard.recording import identified  # noqa: PLC0415  imports Django

    return identified(request)


def request_url(request: HttpRequest | Any) -> str | None:
    """The path of this request's page, or ``None`` where the request is not recorded."""
    from nplusone_guard.dashboard.recording import page_of  # noqa: PLC0415  imports Django

    found = request_id(request)
    return None if found is None else page_of(found)


__all__ = ["NAMESPACE", "request_id", "request_url"]
