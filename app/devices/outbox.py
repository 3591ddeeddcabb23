"""What waits to be sent to one device: a bounded queue and the one task that writes.

Whoever sends never waits: a frame is queued, or the reader is too slow and the socket is cut. The writer lives only while
there is something to write, so that an idle connection costs no task.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from app.devices.limits import SocketLimits

AsgiSend = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def size(text: str) -> int:
    """Bytes in UTF-8. Nearly all frames are ASCII, and know it."""
    return len(text) if text.isascii() else len(text.encode())


class Outbox:
    __slots__ = ("_abort", "_bytes", "_last", "_limits", "_queue", "_room", "_send", "_since", "_watch", "_writer")

    def __init__(self, send: AsgiSend, abort: Callable[[], None], limits: SocketLimits) -> None:
        self._send, self._abort, self._limits = send, abort, limits
        self._queue: deque[str] = deque()
        self._bytes = 0
        self._writer: asyncio.Task[None] | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._since = 0.0  # when the frame that is being written was begun
        self._last: tuple[int, str] | None = None  # a close to send after everything else
        self._room: asyncio.Event | None = None

    def put(self, text: str) -> None:
        """Queue a frame. A reader that lets too much pile up is cut."""
        if self._last is not None:
            return
        self._queue.append(text)
        self._bytes += size(text)
        if len(self._queue) > self._limits.outbound_frames or self._bytes > self._limits.outbound_bytes:
            self._cut()
        elif self._writer is None:
            self._begin()

    def close(self, code: int, reason: str) -> None:
        """Close after what is queued, soon: whoever does not read is dropped. The first code stands."""
        if self._last is None:
            self._last = (code, reason)
            self._drop_soon()
            if self._writer is None:
                self._begin()

    @property
    def is_closing(self) -> bool:
        return self._last is not None

    async def room(self) -> bool:
        """Wait until the queue is half empty; for those who have much to send. False when nothing will be sent any more."""
        while self._last is None and (
            len(self._queue) > self._limits.outbound_frames // 2 or self._bytes > self._limits.outbound_bytes // 2
        ):
            if self._room is None:
                self._room = asyncio.Event()
            self._room.clear()
            await self._room.wait()
        return self._last is None

    async def finish(self) -> None:
        """The socket has ended: nothing is written any more."""
        if self._last is None:
            self._last = (1006, "")
            self._drop_soon()  # the transport may still hold much for a reader that said goodbye
        self._queue.clear()
        if self._room is not None:
            self._room.set()
        if self._watch is not None:
            self._watch.cancel()
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait([self._writer])

    def _drop_soon(self) -> None:
        wait = min(self._limits.send_s, self._limits.close_s)
        asyncio.get_running_loop().call_later(wait, self._abort)

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._since = loop.time()
        if self._watch is None:
            self._watch = loop.call_later(self._limits.send_s, self._check)
        self._writer = loop.create_task(self._write())

    async def _write(self) -> None:
        loop, queue, send = asyncio.get_running_loop(), self._queue, self._send
        try:
            while queue:
                text = queue.popleft()
                self._bytes -= size(text)
                self._since = loop.time()
                await send({"type": "websocket.send", "text": text})
                if self._room is not None and not self._room.is_set():
                    self._room.set()
            if self._last is not None:
                await send({"type": "websocket.close", "code": self._last[0], "reason": self._last[1]})
        except OSError:  # the client has gone; whoever receives is told so too
            self._last = self._last or (1006, "")
        finally:
            self._writer = None

    def _check(self) -> None:
        """Is a send stuck? Looked at every few seconds while there is writing, rather than timed for every frame."""
        loop = asyncio.get_running_loop()
        self._watch = None
        if self._writer is None:
            return
        stuck_at = self._since + self._limits.send_s
        if loop.time() >= stuck_at:
            self._cut()
        else:
            self._watch = loop.call_at(stuck_at, self._check)

    def _cut(self) -> None:
        """A close frame would only wait behind the rest: the transport is dropped, and what is queued with it."""
        self._last = self._last or (1006, "")
        self._queue.clear()
        self._bytes = 0
        self._abort()
