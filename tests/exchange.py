"""A client of an ASGI application: what it sends, when it leaves, what has come by then."""

from __future__ import annotations

import asyncio


class Exchange:
    """One request; each has a thread of its own for its queries, as under a server.

    ``leaves_at``: the message of the application at which the client goes away, counted from 1.
    ``leaves``: an event to set for it to go away.
    """

    def __init__(self, path, *, leaves_at=None):
        self.path = path
        self.sent = []
        self.leaves = asyncio.Event()
        self._leaves_at = leaves_at
        self._asked = False

    async def run(self, application):
        scope = {
            "type": "http",
            "method": "GET",
            "path": self.path,
            "headers": [],
            "query_string": b"",
        }
        await application(scope, self._receive, self._send)
        return self

    async def _receive(self):
        if self._asked:
            await self.leaves.wait()
            return {"type": "http.disconnect"}
        self._asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message):
        self.sent.append(message)
        if len(self.sent) == self._leaves_at:
            self.leaves.set()
            await asyncio.sleep(0)
            await asyncio.Event().wait()  # nobody reads on

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def headers(self):
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.sent[1:])
