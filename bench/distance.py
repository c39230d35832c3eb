"""A server on loopback as if it stood further away: what a client's round trips cost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CHUNK = 65536


@contextmanager
def further_away(address: str, round_trip: float) -> Iterator[str]:
    """Another `host:port` of the server at `address`, with `round_trip` seconds to it and back.

    Every byte comes half of that later, in both directions; as many may be on their way as like.
    Opening a connection costs nothing extra, unlike in a network.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    relay = _Relay(address, round_trip / 2)
    try:
        yield asyncio.run_coroutine_threadsafe(relay.listen(), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(relay.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Relay:
    def __init__(self, address: str, delay: float) -> None:
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._delay = delay
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        there, back = await asyncio.open_connection(self._host, self._port)
        await asyncio.gather(self._carry(reader, back), self._carry(there, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        on_their_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, data = await on_their_way.get()
                await asyncio.sleep(due - loop.time())
                if not data:
                    return
                writer.write(data)
                await writer.drain()

        delivering = loop.create_task(deliver())
        # Either end may hang up whenever it likes.
        with suppress(OSError):
            data = b"-"
            while data:
                data = await reader.read(_CHUNK)
                on_their_way.put_nowait((loop.time() + self._delay, data))
            await delivering
        delivering.cancel()
        writer.close()
