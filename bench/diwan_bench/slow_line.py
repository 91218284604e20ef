"""A thin, long line in one process: a proxy that passes bytes on late and slowly, and counts them.

Both ways have a rate of their own that all connections share, as on a line of one post; a byte arrives half a round
trip after it was sent. It needs no root, and what it passes on may be TLS."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Final, Self

_PIECE: Final = 1400
"""What is passed on at once: about a packet."""


@dataclass
class Way:
    """One direction of the line."""

    bytes_a_second: float
    delay_s: float
    counted: int = 0
    _free_at: float = field(default=0.0)

    def arrival(self, size: int, now: float) -> float:
        """When a piece that is sent now has arrived."""
        self.counted += size
        self._free_at = max(self._free_at, now) + size / self.bytes_a_second
        return self._free_at + self.delay_s


class SlowLine:
    """A line to a port of this machine, while the block lasts; `port` is its near end."""

    def __init__(self, far: int, *, kbit_a_second: float, round_trip_ms: float) -> None:
        rate, delay = kbit_a_second * 1000 / 8, round_trip_ms / 2000
        self._far = far
        self._up, self._down = Way(rate, delay), Way(rate, delay)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._delay_s = delay
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def passed(self) -> tuple[int, int]:
        """The bytes passed on so far, up and down."""
        return self._up.counted, self._down.counted

    def cut(self) -> None:
        """Close every connection, so that the next page begins with a new one."""
        done = threading.Event()

        def close() -> None:
            for writer in self._writers:
                writer.close()
            done.set()

        self._loop.call_soon_threadsafe(close)
        done.wait()

    def _run(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        server.close()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _connected(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2 * self._delay_s)  # the handshake of TCP, which a proxy answers at once
        far_in, far_out = await asyncio.open_connection("127.0.0.1", self._far)
        self._writers |= {near_out, far_out}
        ways = (self._pass_on(near_in, far_out, self._up), self._pass_on(far_in, near_out, self._down))
        await asyncio.gather(*ways, return_exceptions=True)
        for writer in (near_out, far_out):
            writer.close()
            self._writers.discard(writer)

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, way: Way) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        sending = asyncio.ensure_future(self._deliver(waiting, target))
        while piece := await source.read(_PIECE):
            waiting.put_nowait((way.arrival(len(piece), self._loop.time()), piece))
        waiting.put_nowait((self._loop.time() + self._delay_s, b""))
        await sending

    async def _deliver(self, waiting: asyncio.Queue[tuple[float, bytes]], target: asyncio.StreamWriter) -> None:
        while True:
            at, piece = await waiting.get()
            await asyncio.sleep(max(0.0, at - self._loop.time()))
            if not piece:
                target.write_eof()  # the other way goes on until its own end
                return
            target.write(piece)
            await target.drain()
