"""``@query_budget(...)``: a budget on a view, a viewset, one of its actions, or any function."""

from __future__ import annotations

import functools
import inspect
import logging
from typing import TYPE_CHECKING, Any, TypeVar, overload

from nplusone_guard.budget import Budget
from nplusone_guard.errors import GuardError
from nplusone_guard.trial import on_trial

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping

    from nplusone_guard.pipeline import Scope

T = TypeVar("T")

logger = logging.getLogger("nplusone_guard")

_ATTRIBUTE = "query_budget"


class query_budget:  # noqa: N801  used as a decorator
    """Declare what a view may cost; takes the limits of :class:`Budget`.

    On a class (a class-based view, a DRF viewset) it holds for each of its requests; on a method
    (``list``, an ``@action``) for that one, and replaces the class's limit by limit.  The
    middleware judges the request as a whole.  On any other function, or where no middleware
    traces the request, each call (of a class: of its ``dispatch``) is a trace of its own, judged
    when it returns and reported as ``ACTION`` says; but not in a request that ``SAMPLE_RATE``
    left out.

    Raises ``TypeError`` on a generator function: its queries run after it has returned.
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
            if hasattr(target, "dispatch"):
                target.dispatch = self._dispatch(target.dispatch)
            return target
        if inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
            raise TypeError(
                f"@query_budget on {target.__qualname__}: the queries of a generator function run "
                "after it has returned; put it on the function that goes through it."
            )
        if inspect.iscoroutinefunction(target):

            @functools.wraps(target)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                return await self._held(target, functools.partial(target, *args, **kwargs))
        else:

            @functools.wraps(target)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                return self._held(target, functools.partial(target, *args, **kwargs))

        setattr(wrapper, _ATTRIBUTE, self.budget)
        return wrapper

    def _dispatch(self, dispatch: Callable[..., Any]) -> Callable[..., Any]:
        """``dispatch`` of a decorated class, and of subclasses that declare no budget anew."""

        @functools.wraps(dispatch)
        def wrapper(view: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
            call = functools.partial(dispatch, view, request, *args, **kwargs)
            if getattr(view, _ATTRIBUTE, None) is not self.budget:
                return call()
            return self._held(type(view), call, _handlers_budgets(view, request))

        return wrapper

    def _held(self, target: Any, call: Callable[[], Any], inner: Iterable[Budget] = ()) -> Any:
        """What ``call`` gives; a coroutine is held until it ends."""
        scope = self._begin(target, inner)
        if scope is None:
            return call()
        try:
            result = call()
        except BaseException:
            scope.abandon()
            raise
        if inspect.iscoroutine(result):
            scope.deactivate()
            return _awaited(scope, result)
        _judge(scope)
        return result

    def _begin(self, target: Any, inner: Iterable[Budget]) -> Scope | None:
        """An active scope for one call; ``None`` where the middleware judges, or nobody does."""
        # Here, not above: importing the package must not import Django.
        from nplusone_guard.capture.scope import active  # noqa: PLC0415
        from nplusone_guard.conf import guard_settings  # noqa: PLC0415
        from nplusone_guard.pipeline import open_scope, unsampled  # noqa: PLC0415

        try:
            recorder = active.get()
            while recorder is not None:
                if any(budget is self.budget for budget in recorder.declared):
                    return None
                recorder = recorder.parent
            if unsampled.get() or on_trial.get() or not guard_settings().enabled:
                return None
            scope = open_scope(getattr(target, "__qualname__", repr(target)), budget=self.budget)
            for budget in inner:
                scope.declare(budget)
        except Exception:
            logger.exception("The guard could not begin to trace %r.", target)
            return None
        return scope


async def _awaited(scope: Scope, running: Coroutine[Any, Any, Any]) -> Any:
    scope.activate()
    try:
        result = await running
    except BaseException:
        scope.abandon()
        raise
    _judge(scope)
    return result


def _judge(scope: Scope) -> None:
    from nplusone_guard.emit import emit  # noqa: PLC0415  imports Django

    try:
        scope.deactivate()
        scope.close()
        if not scope.recorder.failed:
            emit(scope.finish(), may_raise=True)
    except GuardError:
        raise
    except Exception:
        logger.exception("The guard could not judge %r.", scope.label)


def declared_budgets(view: Callable[..., Any], method: str) -> list[Budget]:
    """The budgets that a resolved view declares, the stronger last: class, view, handler.

    ``method`` is the request's, upper-case.  Knows Django's ``as_view()`` (``view_class``) and
    DRF's (``cls``, with ``actions`` for a viewset), and DRF's ``@api_view``.
    """
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    handlers = _handlers(cls, getattr(view, "actions", None), method) if cls is not None else ()
    return _budgets(cls, view, *handlers)


def _handlers_budgets(view: Any, request: Any) -> list[Budget]:
    """The budget that the handler of a view's instance declares for a request."""
    return _budgets(*_handlers(type(view), getattr(view, "action_map", None), request.method))


def _budgets(*declaring: object) -> list[Budget]:
    found = (getattr(each, _ATTRIBUTE, None) for each in declaring)
    return [budget for budget in found if isinstance(budget, Budget)]


def _handlers(cls: type, actions: Mapping[str, str] | None, method: str) -> Iterator[object]:
    """The method that serves a request, and what DRF's ``@api_view`` has made it from."""
    name = method.lower()
    name = (actions or {}).get(name, name)
    if name == "head" and not hasattr(cls, name):
        name = "get"  # Django's setup() does so
    handler = getattr(cls, name, None)
    yield handler
    if getattr(handler, "__qualname__", "") == "api_view.<locals>.decorator.<locals>.handler":
        yield inspect.getclosurevars(handler).nonlocals.get("func")  # type: ignore[arg-type]
