"""``constant``: run a call at several sizes of the data, and fail where its queries grow."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from nplusone_guard.errors import GrowthNotMeasured, QueriesGrow
from nplusone_guard.pipeline import capture
from nplusone_guard.report.text import safe
from nplusone_guard.suite.calls import awaited, finish, rolled_back
from nplusone_guard.suite.evidence import Sample, doubt, sample, unseen
from nplusone_guard.suite.growth import Growth, growth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


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
    samples, found = measure(grow, call, tried, label)
    nothing = doubt(samples)
    if nothing is None and found.grown:
        raise QueriesGrow(str(found), found.report)
    if nothing is None and not allow_unread:
        nothing = unseen(samples)
    if nothing is not None:
        raise GrowthNotMeasured(_proves_nothing(label, nothing), found.report)
    return found


def measure(
    grow: Callable[[int], Any], call: Callable[[], Any], sizes: Sequence[int], label: str
) -> tuple[list[Sample], Growth]:
    """What the call did at each size, and how it grows; nothing is judged.

    It runs once more before, at the smallest size, for what the process loads once and keeps.
    """
    __tracebackhide__ = True
    _sample(grow, call, sizes[0], label)
    samples = [_sample(grow, call, size, label) for size in sizes]
    return samples, growth(label, sizes, [each.report for each in samples])


def _sample(grow: Callable[[int], Any], call: Callable[[], Any], size: int, label: str) -> Sample:
    __tracebackhide__ = True
    with rolled_back():
        with capture(label=label) as grown:
            awaited(grow(size))
        with capture(label=f"{label} at size {size}", threshold=2) as called:
            result = awaited(call())
            finish(result)
        return sample(size, grown, called, result)


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
