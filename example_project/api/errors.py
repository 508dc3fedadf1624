"""One form for every error, from a wrong field to a fault of ours.

``{"error": {"code", "message", "details", "request_id"}}``: a code to act on, a sentence to show,
for wrong input the fields, and the name under which the logs have the rest.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.http import Http404, HttpResponsePermanentRedirect, JsonResponse
from django.urls import is_valid_path
from django.utils.http import escape_leading_slashes
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, serializers
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler as drf_exception_handler

from api.request_id import request_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from rest_framework.response import Response


class Conflict(exceptions.APIException):
    status_code = HTTPStatus.CONFLICT
    default_code = "conflict"
    default_detail = "It is still in use, or another request has just written the same."


class ErrorDetailSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    details = serializers.DictField(
        allow_null=True, help_text="For wrong input: each field's problems, with code and message."
    )
    request_id = serializers.CharField()


class ErrorSerializer(serializers.Serializer[Any]):
    """Any error, with the name under which the logs have the rest."""

    error = ErrorDetailSerializer()


def error(code: str, message: str, details: Any = None) -> dict[str, Any]:
    return {
        "error": {
            "code": code,
            "message": message,
            "details": details,
            "request_id": request_id(),
        }
    }


# --- Raised in a view of DRF's ---

#: What other libraries raise, as what a client is told; without their text, which names models.
_SAME_AS: tuple[tuple[type[Exception], type[exceptions.APIException]], ...] = (
    (Http404, exceptions.NotFound),
    (PermissionDenied, exceptions.PermissionDenied),
    (ProtectedError, Conflict),
)


def exception_handler(raised: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's ``EXCEPTION_HANDLER``.

    What it does not know is raised on: it is logged, with its traceback, by Django, which asks
    :func:`server_error` for the answer.
    """
    for known, stands_for in _SAME_AS:
        if isinstance(raised, known):
            raised = stands_for()
    if isinstance(raised, IntegrityError) and _was_taken(raised):
        raised = Conflict()
    response = drf_exception_handler(raised, context)
    if response is not None:
        assert isinstance(raised, exceptions.APIException)
        response.data = _described(raised)
    return response


def _was_taken(raised: IntegrityError) -> bool:
    """Whether a unique value was taken between a serializer's look and the write.

    Each database says it in its own way; any other broken constraint is a fault of ours.
    """
    cause = raised.__cause__
    return (
        getattr(cause, "sqlstate", None) == "23505"
        or getattr(cause, "sqlite_errorname", None) == "SQLITE_CONSTRAINT_UNIQUE"
        or getattr(cause, "args", ())[:1] == (1062,)
    )


def _described(raised: exceptions.APIException) -> dict[str, Any]:
    if isinstance(raised, exceptions.ValidationError):
        details = raised.get_full_details()
        if isinstance(details, list):
            details = {api_settings.NON_FIELD_ERRORS_KEY: details}
        return error(raised.default_code, "Some of what was sent is not valid.", details)
    detail = raised.detail
    if isinstance(detail, dict):  # a token's: {"detail": ..., "code": ...}
        return error(str(detail.get("code", raised.default_code)), str(detail["detail"]))
    return error(detail.code, str(detail))


# --- Raised anywhere else: config/urls.py names these as Django's handlers ---


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, exceptions.ParseError(), defaults.bad_request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, exceptions.PermissionDenied(), defaults.permission_denied, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, exceptions.NotFound(), defaults.page_not_found, exception)


@csrf_exempt
def no_endpoint(request: HttpRequest) -> HttpResponse:
    """The last of the API's URLs takes what no other does: in development, too, a client gets 404
    in its one form, where ``handler404`` would not be asked.

    A URL that lacks its closing slash is redirected, as ``CommonMiddleware`` does elsewhere: to it
    each URL of the API now is one.
    """
    if not request.path_info.endswith("/"):
        there = is_valid_path(f"{request.path_info}/")
        if there and there.func is not no_endpoint:
            place = request.get_full_path(force_append_slash=True)
            return HttpResponsePermanentRedirect(escape_leading_slashes(place))
    return not_found(request, Http404())


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, exceptions.APIException(), defaults.server_error)


def _answer(
    request: HttpRequest,
    stands_for: exceptions.APIException,
    page: Callable[..., HttpResponse],
    *arguments: Any,
) -> HttpResponse:
    """The envelope for the API's clients; elsewhere, for a browser, Django's page."""
    if request.path.startswith("/api/"):
        return JsonResponse(_described(stands_for), status=stands_for.status_code)
    return page(request, *arguments)
