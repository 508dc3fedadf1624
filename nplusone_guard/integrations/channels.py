"""Django Channels: each message that a consumer handles a trace.

One name more among the bases of a consumer, first::

    class ChatConsumer(TracedConsumer, AsyncJsonWebsocketConsumer): ...

A report is labelled ``MESSAGE ChatConsumer websocket.receive``.
"""

from __future__ import annotations

from typing import Any

from channels.exceptions import StopConsumer

from nplusone_guard.background import traced_work


class TracedConsumer:
    """Traces what ``dispatch`` does with one message; for consumers of both kinds."""

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Handle a message."""
        end: StopConsumer | None = None
        with traced_work("MESSAGE", f"{type(self).__name__} {message.get('type', '')}"):
            try:
                await super().dispatch(message)  # type: ignore[misc]
            except StopConsumer as error:  # how a consumer ends, not how it fails
                end = error
        if end is not None:
            raise end
