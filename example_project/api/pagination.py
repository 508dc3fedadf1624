"""No list without pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.conf import settings
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination, PageNumberPagination

if TYPE_CHECKING:
    from rest_framework.request import Request


_LINK = {"type": ["string", "null"], "format": "uri"}


class Pages(PageNumberPagination):
    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = settings.MAX_PAGE_SIZE

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """As OpenAPI 3.1 says it; DRF's own says that a link is null as 3.0 does."""
        properties = {
            "count": {"type": "integer"},
            "next": _LINK,
            "previous": _LINK,
            "results": schema,
        }
        return {"type": "object", "required": list(properties), "properties": properties}


class NewestFirst(CursorPagination):
    """For feeds: what is added meanwhile neither repeats nor hides an entry of the next page.

    By primary key, which is indexed, is unique and never changes: a page is found by a range of
    the index, however far back, where an offset would read all that it skips.
    """

    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = settings.MAX_PAGE_SIZE
    ordering = "-id"

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        properties = {"next": _LINK, "previous": _LINK, "results": schema}
        return {"type": "object", "required": list(properties), "properties": properties}

    def decode_cursor(self, request: Request) -> Any:
        cursor = super().decode_cursor(request)
        if cursor and cursor.position and not re.fullmatch(r"\d{1,19}", cursor.position):
            raise NotFound(self.invalid_cursor_message)  # no key: someone made it up
        return cursor
