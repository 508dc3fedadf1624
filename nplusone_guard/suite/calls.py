"""A call of a test's own: run to its end, and undone on each database."""

from __future__ import annotations

import inspect
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from django.db import OperationalError, connections, transaction
from django.http import StreamingHttpResponse
from django.template.response import SimpleTemplateResponse
from django.test.testcases import DatabaseOperationForbidden  # type: ignore[attr-defined]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.transaction import Atomic


@contextmanager
def rolled_back(aliases: Iterable[str] | None = None) -> Iterator[None]:
    """Undo what the block does to these databases; by default to any that the test may use."""
    with ExitStack() as undo:
        for alias in connections if aliases is None else aliases:
            block = transaction.atomic(using=alias)
            block._from_testcase = True  # type: ignore[attr-defined]  # noqa: SLF001  durable blocks may be within
            try:
                block.__enter__()
            except (DatabaseOperationForbidden, OperationalError):
                continue  # nothing can be written there either
            undo.callback(_roll_back, block, alias)
        yield


def _roll_back(block: Atomic, alias: str) -> None:
    transaction.set_rollback(True, using=alias)
    block.__exit__(None, None, None)


def finish(result: Any) -> None:
    """Do with a response what a server does: render it, read its stream to the end."""
    if isinstance(result, SimpleTemplateResponse) and not result.is_rendered:
        result.render()
    if not isinstance(result, StreamingHttpResponse):
        return
    if result.is_async:
        async_to_sync(_read)(result)
    else:
        for _ in result:
            pass


async def _read(response: StreamingHttpResponse) -> None:
    async for _ in response:
        pass


def awaited(result: Any) -> Any:
    """What a call gives, awaited where it is asynchronous."""
    return async_to_sync(_await)(result) if inspect.isawaitable(result) else result


async def _await(result: Any) -> Any:
    return await result
