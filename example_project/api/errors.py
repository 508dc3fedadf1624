"""One form for every error that a view answers with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import views

if TYPE_CHECKING:
    from rest_framework.response import Response


def exception_handler(raised: Exception, context: dict[str, Any]) -> Response | None:
    """``{"error": {"status", "details"}}``, whatever the form of the details."""
    response = views.exception_handler(raised, context)
    if response is not None:
        response.data = {"error": {"status": response.status_code, "details": response.data}}
    return response
