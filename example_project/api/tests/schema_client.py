"""A test client that holds each answer of v1 and v2 to the OpenAPI schema of its version."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker
from rest_framework.test import APIClient

#: The schema itself and the page that shows it are not in the schema.
_IN_SCHEMA = re.compile(r"/api/(v[12])/(?!schema/|docs/)")
_ERROR = {"$ref": "#/components/schemas/Error"}


class SchemaClient(APIClient):
    """Fails where a status, a body or a field is not documented, or an error not in its form."""

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        path = request["PATH_INFO"]
        assert response.headers["X-Request-ID"]
        if version := _IN_SCHEMA.match(path):
            _check(version[1], path, request["REQUEST_METHOD"].lower(), response)
        return response


def _check(version: str, path: str, method: str, response: Any) -> None:
    documented = _responses(version, path, method)
    said = f"{method.upper()} {path} answered {response.status_code}"
    if documented is None:
        assert response.status_code in {200, 404, 405}, f"{said}: it is not in the schema"
        content: dict[str, Any] = {"application/json": {"schema": _ERROR}}
    else:
        assert str(response.status_code) in documented, f"{said}: not documented"
        content = documented[str(response.status_code)].get("content", {})
    if not content:
        assert response.content == b"", said
    elif method not in {"head", "options"}:
        body = response.json()
        schema = content["application/json"]["schema"]
        Draft202012Validator(
            {**schema, "components": _components(version)}, format_checker=FormatChecker()
        ).validate(body)
        if response.status_code >= 400:
            assert body["error"]["request_id"] == response.headers["X-Request-ID"], said


@cache
def openapi(version: str) -> dict[str, Any]:
    document: dict[str, Any] = SchemaGenerator(api_version=version).get_schema(public=True)
    return document


def _responses(version: str, path: str, method: str) -> dict[str, Any] | None:
    for pattern, item in openapi(version)["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path):
            return item[method]["responses"] if method in item else None
    return None


@cache
def _components(version: str) -> dict[str, Any]:
    """The schema's, closed: a field that is not documented is a mistake."""
    schemas = openapi(version)["components"]["schemas"]
    return {
        "schemas": {
            name: {"additionalProperties": False, **schema} if "properties" in schema else schema
            for name, schema in schemas.items()
        }
    }
