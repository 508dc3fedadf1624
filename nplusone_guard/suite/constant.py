"""``constant``: run a call at several sizes of the data, and fail where its queries grow."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from django.db import OperationalError, connections, transaction
from django.http import StreamingHttpResponse
from django.template.response import SimpleTemplateResponse
from django.test.testcases import DatabaseOperationForbidden  # type: ignore[attr-defined]

from nplusone_guard.errors import GrowthNotMeasured, QueriesGrow
from nplusone_guard.pipeline import capture
from nplusone_guard.report.text import safe
from nplusone_guard.suite.evidence import Sample, doubt, sample, unseen
from nplusone_guard.suite.growth import Growth, growth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from django.db.transaction import Atomic


def constant(
    grow: Callable[[int], Any],
    call: Callable[[], Any],
    sizes: Iterable[int] = (2, 8),
    *,
    label: str = "call",
    allow_unread: bool = False,
) -> Growth:
    """Run ``call()`` on data of each size; fail where more queries run on more data.

    ``grow(n)`` makes n rows of whatever should not matter, with all that hangs on them.  Each
    size starts from the data that the test had before, and is rolled back on every database that
    the test may use: ``grow`` is asked for all n rows each time.  Both may be asynchronous.

    ``call`` runs once more before, at the smallest size, without being counted: what the process
    loads once and keeps (content types, the site) is no growth.  Nor is a count that falls.

    Equal counts prove nothing if the call did not see the data.  So it fails as well where a
    returned response is an error, where a returned queryset was not read, and, unless
    ``allow_unread``, where the call ran no query or showed no sign of the rows that were made.

    Raises :class:`QueriesGrow`; :class:`GrowthNotMeasured`; ``ValueError`` for sizes that are not
    two or more rising whole numbers; whatever ``grow`` and ``call`` raise.
    """
    __tracebackhide__ = True
    tried = _checked(sizes)
    _refuse_running_loop()
    _sample(grow, call, tried[0], label)
    samples = [_sample(grow, call, size, label) for size in tried]
    found = growth(label, tried, [each.report for each in samples])
    nothing = doubt(samples)
    if nothing is None and found.grown:
        raise QueriesGrow(str(found), found.report)
    if nothing is None and not allow_unread:
        nothing = unseen(samples)
    if nothing is not None:
        raise GrowthNotMeasured(_proves_nothing(label, nothing), found.report)
    return found


def _sample(grow: Callable[[int], Any], call: Callable[[], Any], size: int, label: str) -> Sample:
    __tracebackhide__ = True
    with _rolled_back():
        with capture(label=label) as grown:
            _awaited(grow(size))
        with capture(label=f"{label} at size {size}", threshold=2) as called:
            result = _awaited(call())
            _finish(result)
        return sample(size, grown, called, result)


@contextmanager
def _rolled_back() -> Iterator[None]:
    """Undo what the block does to any database that the test may use."""
    with ExitStack() as undo:
        for alias in connections:
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


def _finish(result: Any) -> None:
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


def _awaited(result: Any) -> Any:
    return async_to_sync(_await)(result) if inspect.isawaitable(result) else result


async def _await(result: Any) -> Any:
    return await result


def _refuse_running_loop() -> None:
    __tracebackhide__ = True
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(
        "Growth is measured from synchronous code. In an asynchronous test: "
        "await sync_to_async(query_guard.constant)(grow, call)."
    )


def _checked(sizes: Iterable[int]) -> tuple[int, ...]:
    __tracebackhide__ = True
    tried = tuple(sizes) if hasattr(sizes, "__iter__") else (sizes,)
    if (
        len(tried) < 2  # noqa: PLR2004
        or any(isinstance(each, bool) or not isinstance(each, int) for each in tried)
        or tried[0] < 0
        or tried[-1] < 2  # noqa: PLR2004  one row can't repeat
        or any(size >= larger for size, larger in pairwise(tried))
    ):
        raise ValueError(
            "sizes takes two or more whole numbers from 0, each larger than the one before and "
            f"the last at least 2, not {sizes!r}."
        )
    return tried


def _proves_nothing(label: str, why: str) -> str:
    first, *rest = (safe(line) for line in why.splitlines())
    return "\n".join(
        [f"{safe(label)}  this proves nothing: {first}", *(f"  {each}" for each in rest)]
    )
