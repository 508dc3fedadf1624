"""Streaming responses: traced until the stream ends, chunk by chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from nplusone_guard.pipeline import Scope


class _Traced:
    """A scope that ends with the stream, or when the server closes the response before that."""

    def __init__(self, scope: Scope, end: Callable[[], None]) -> None:
        self._scope = scope
        self._end: Callable[[], None] | None = end

    def close(self) -> None:
        """End the trace, once."""
        end, self._end = self._end, None
        if end is not None:
            end()


class TracedStream(_Traced):
    """A synchronous stream; the scope is active while the next chunk is made."""

    def __init__(self, chunks: Iterable[Any], scope: Scope, end: Callable[[], None]) -> None:
        super().__init__(scope, end)
        self._chunks = iter(chunks)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self._scope.activate()
        try:
            chunk = next(self._chunks)
        except BaseException:
            self._scope.deactivate()
            self.close()
            raise
        self._scope.deactivate()
        return chunk


class TracedAsyncStream(_Traced):
    """The same for an asynchronous stream."""

    def __init__(self, chunks: AsyncIterator[Any], scope: Scope, end: Callable[[], None]) -> None:
        super().__init__(scope, end)
        self._chunks = aiter(chunks)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        self._scope.activate()
        try:
            chunk = await anext(self._chunks)
        except BaseException:
            self._scope.deactivate()
            self.close()
            raise
        self._scope.deactivate()
        return chunk
