"""The result of a call: taken once it has run, compared with that of another run."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse

if TYPE_CHECKING:
    from collections.abc import Callable

#: Django makes a new one for each response (``django.middleware.csrf.get_token``).
_CSRF = re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]*')
_MOST_LINES = 40


@dataclass(frozen=True, slots=True)
class Answer:
    """What two responses are compared by."""

    status: int
    content_type: str
    body: bytes


def taken(result: Any) -> Any:
    """The result to compare: of a response what it sends, of a queryset its rows.

    Renders what is not rendered and reads what is not read, as a server would.
    """
    if isinstance(result, SimpleTemplateResponse) and not result.is_rendered:
        result.render()
    if isinstance(result, HttpResponseBase):
        body = _stream(result) if isinstance(result, StreamingHttpResponse) else result.content  # type: ignore[attr-defined]
        body = _CSRF.sub(rb"\1", body)
        return Answer(result.status_code, str(result.headers.get("Content-Type", "")), body)
    if isinstance(result, QuerySet):
        return list(result)
    return result


def _stream(response: StreamingHttpResponse) -> bytes:
    if response.is_async:
        return async_to_sync(_async_stream)(response)
    return b"".join(response)


async def _async_stream(response: StreamingHttpResponse) -> bytes:
    return b"".join([part async for part in response])


def same(before: Any, after: Any, equal: Callable[[Any, Any], bool] | None) -> bool:
    """Whether two results are one, by ``equal`` where it is given."""
    return bool(equal(before, after)) if equal is not None else bool(before == after)


def is_reordered(before: Any, after: Any) -> bool:
    """Whether the same lines have come in another order."""
    return sorted(_lines(before)) == sorted(_lines(after))


def difference(before: Any, after: Any) -> str:
    """A unified diff of two results, cut after some lines."""
    lines = list(unified_diff(_lines(before), _lines(after), "before", "after", lineterm="", n=1))
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"… and {len(lines) - _MOST_LINES} lines more"]
    return "\n".join(lines)


def _lines(result: Any) -> list[str]:
    if not isinstance(result, Answer):
        if isinstance(result, list | tuple):
            return [repr(each) for each in result]
        return repr(result).splitlines()
    head = [f"{result.status} {result.content_type}"]
    text = result.body.decode("utf-8", "replace")
    if "json" in result.content_type:
        with suppress(ValueError):
            text = json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    return head + text.splitlines()
