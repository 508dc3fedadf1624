"""A TCP proxy on 127.0.0.1 that makes each round trip longer, as a network does.

What the client sends is passed on ``delay`` seconds after it came, in its order; what the server
sends is passed on at once.  Two packets that follow one another wait at the same time, not one
after the other: a longer way, not a slower one.
"""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import threading
from collections.abc import Iterator
from concurrent.futures import Future

CHUNK = 65_536


class Delay:
    """``seconds`` may be changed while connections are open.

    ``round_trips`` counts how often the client has sent something after an answer, or first.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self.seconds = 0.0
        self.round_trips = 0
        self.port = 0
        self._open: set[asyncio.Task[None]] = set()

    async def listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _serve(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
            task.add_done_callback(self._open.discard)
        with contextlib.suppress(asyncio.CancelledError):  # by close(), which waits for us
            await self._pass_on(client, answer)

    async def _pass_on(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        writers = [answer]
        try:
            reader, writer = await asyncio.open_connection(*self._target)
            writers.append(writer)
            exchange = _Exchange(self)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(exchange.take(client))
                ways.create_task(exchange.give(writer))
                ways.create_task(exchange.answer(reader, answer))
        except* OSError:
            pass  # one side is gone: so is the other, below
        finally:
            for each in writers:
                each.close()

    async def close(self, server: asyncio.Server) -> None:
        """Refuse new connections and end those that are open."""
        server.close()
        open_tasks = list(self._open)
        for task in open_tasks:
            task.cancel()
        await asyncio.gather(*open_tasks, return_exceptions=True)


class _Exchange:
    """One connection."""

    def __init__(self, delay: Delay) -> None:
        self._delay = delay
        self._under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self._answered = True

    async def take(self, client: asyncio.StreamReader) -> None:
        """What the client sends, each with the moment when it is to be passed on."""
        loop = asyncio.get_running_loop()
        while True:
            sent = await client.read(CHUNK)
            if sent and self._answered:
                self._answered = False
                self._delay.round_trips += 1
            self._under_way.put_nowait((loop.time() + self._delay.seconds, sent))
            if not sent:
                return

    async def give(self, server: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, sent = await self._under_way.get()
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            if not sent:
                if server.can_write_eof():
                    server.write_eof()
                return
            server.write(sent)
            await server.drain()

    async def answer(self, server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        while answered := await server.read(CHUNK):
            self._answered = True
            client.write(answered)
            await client.drain()
        client.write_eof()


@contextlib.contextmanager
def delaying(host: str, port: int) -> Iterator[Delay]:
    """A proxy to ``host:port`` in a thread of its own, until the block ends."""
    delay = Delay(host, port)
    up: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run() -> None:
        try:
            server = await delay.listen()
        except OSError as error:
            up.set_exception(error)
            return
        stop = asyncio.Event()
        up.set_result((asyncio.get_running_loop(), stop))
        await stop.wait()
        await delay.close(server)

    def work() -> None:
        with asyncio.Runner(loop_factory=_finer) as runner:
            runner.run(run())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    loop, stop = up.result(timeout=10)
    try:
        yield delay
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def _finer() -> asyncio.AbstractEventLoop:
    """A loop on select, which waits for parts of a millisecond; epoll waits for whole ones."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())
