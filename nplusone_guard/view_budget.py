"""``@query_budget(...)``: a budget on a view, a viewset, one of its actions, or any function."""

from __future__ import annotations

import functools
import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, overload

from nplusone_guard.budget import Budget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

_ATTRIBUTE = "query_budget"


class query_budget:  # noqa: N801  used as a decorator
    """Declare what a view may cost; takes the limits of :class:`Budget`.

    On a class (a class-based view, a DRF viewset) it holds for each of its requests; on a method
    (``list``, an ``@action``) for that one, and replaces the class's limit by limit.  The
    middleware judges the request as a whole.  On any other function, or where no middleware
    traces the request, each call is a trace of its own, judged when it returns and reported as
    ``ACTION`` says.
    """

    def __init__(
        self,
        *,
        queries: int | None = None,
        duplicates: int | None = None,
        n_plus_one: int | None = None,
        db_ms: float | None = None,
        rows: int | None = None,
    ) -> None:
        self.budget = Budget(
            queries=queries, duplicates=duplicates, n_plus_one=n_plus_one, db_ms=db_ms, rows=rows
        )

    @overload
    def __call__(self, target: type[T]) -> type[T]: ...
    @overload
    def __call__(self, target: Callable[..., Any]) -> Callable[..., Any]: ...
    def __call__(self, target: Any) -> Any:
        if isinstance(target, type):
            setattr(target, _ATTRIBUTE, self.budget)
            return target
        if inspect.iscoroutinefunction(target):

            @functools.wraps(target)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self._hold(target):
                    return await target(*args, **kwargs)
        else:

            @functools.wraps(target)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self._hold(target):
                    return target(*args, **kwargs)

        setattr(wrapper, _ATTRIBUTE, self.budget)
        return wrapper

    @contextmanager
    def _hold(self, target: Callable[..., Any]) -> Iterator[None]:
        # Here, not above: importing the package must not import Django.
        from nplusone_guard.capture.scope import active  # noqa: PLC0415
        from nplusone_guard.conf import guard_settings  # noqa: PLC0415
        from nplusone_guard.emit import emit  # noqa: PLC0415
        from nplusone_guard.pipeline import capture  # noqa: PLC0415

        recorder = active.get()
        if (recorder is not None and self.budget in recorder.declared) or not (
            guard_settings().enabled
        ):
            yield
            return
        with capture(label=target.__qualname__, budget=self.budget) as report:
            yield
        emit(report, may_raise=True)


def declared_budget(view: Callable[..., Any], method: str) -> tuple[Budget | None, Budget | None]:
    """The budgets that a resolved view declares: on its class or function, and on its action.

    ``method`` is the request's, upper-case.  Knows Django's ``as_view()`` (``view_class``) and
    DRF's (``cls``, with ``actions`` for a viewset).
    """
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    whole = getattr(cls or view, _ATTRIBUTE, None)
    handler = None
    if cls is not None:
        actions = getattr(view, "actions", None) or {}
        handler = getattr(cls, actions.get(method.lower(), method.lower()), None)
    own = getattr(handler, _ATTRIBUTE, None)
    return (
        whole if isinstance(whole, Budget) else None,
        own if isinstance(own, Budget) else None,
    )
