"""The OpenAPI schema: what drf-spectacular finds out by itself, and what holds for all of the API.

That a write is answered with what GET shows (:mod:`api.views`), and which errors to expect.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse

if TYPE_CHECKING:
    from collections.abc import Iterator


class Schema(AutoSchema):
    def get_response_serializers(self) -> Any:
        if hasattr(self.view, "write_serializer_class"):
            return self.view.get_read_serializer_class()
        return super().get_response_serializers()

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        from api.errors import ErrorSerializer  # noqa: PLC0415  DRF imports this for its views

        responses = super()._get_response_bodies(direction)
        for status in self._errors():
            described = OpenApiResponse(ErrorSerializer, description=status.phrase)
            code = str(status.value)
            responses[code] = self._get_response_for_code(
                described, code, ["application/json"], direction
            )
        return responses

    def _errors(self) -> Iterator[HTTPStatus]:
        has_body = self.method in {"POST", "PUT", "PATCH"}
        if has_body or self._is_list_view():
            yield HTTPStatus.BAD_REQUEST
        yield HTTPStatus.UNAUTHORIZED
        if self.view.get_authenticators():
            yield HTTPStatus.FORBIDDEN
        if hasattr(self.view, "get_object") and self.method != "POST":
            yield HTTPStatus.NOT_FOUND
        yield HTTPStatus.NOT_ACCEPTABLE
        if self.method != "GET":
            yield HTTPStatus.CONFLICT
        if has_body:
            yield HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        yield HTTPStatus.TOO_MANY_REQUESTS
        yield HTTPStatus.INTERNAL_SERVER_ERROR
