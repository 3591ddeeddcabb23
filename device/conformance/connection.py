"""One connection of the client, from its upgrade to its end."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import orjson
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from device.conformance.conduct import Conduct
from device.conformance.frames import Frame
from device.conformance.verdicts import Broken, Gone

ABORT = 1006
"""Stands for an end without a close frame, as it does in RFC 6455."""


@dataclass(eq=False)
class DeviceConnection:
    socket: ServerConnection
    number: int
    presented: tuple[str, str] | None
    patience: float
    at: float = field(default_factory=time.monotonic)
    """When the upgrade was through, on the monotonic clock."""
    hello: Frame | None = None
    hello_after: float = 0.0
    hello_was_text: bool = True
    fault: tuple[str, str] | None = None
    """Why there is no usable hello: what was expected, and what came."""
    before_ready: list[str] = field(default_factory=list)
    ended_here: bool = False
    """Did this side end it?"""
    ended_at: float = 0.0
    """When this side had ended it, on the monotonic clock."""
    pings: int = 0
    pongs: int = 0

    @property
    def is_open(self) -> bool:
        return not self.ended_here and self.socket.state.name == "OPEN"

    @property
    def resume(self) -> dict[str, Any]:
        resume = (self.hello or {}).get("resume")
        return resume if isinstance(resume, dict) else {}

    @property
    def token(self) -> str:
        return self.presented[1] if self.presented else ""

    @property
    def end(self) -> str:
        """How it ended, in words."""
        frame = self.socket.protocol.close_rcvd
        if frame is None:
            return "the client dropped the connection without a close frame"
        return f"the client closed the connection with {frame.code}{f' ({frame.reason})' if frame.reason else ''}"

    async def send(self, frame: Frame) -> None:
        await self.send_text(orjson.dumps(frame).decode())

    async def send_text(self, text: str) -> None:
        """Raises `Gone` when the connection has ended, `Broken` when the client does not read."""
        try:
            async with asyncio.timeout(self.patience):
                await self.socket.send(text)
        except ConnectionClosed:
            raise Gone("the connection to last", self.end) from None
        except TimeoutError:
            got = f"nothing was taken off the socket for {self.patience:g} s"
            raise Broken("a client that reads what it is sent", got) from None

    async def ping(self, conduct: Conduct) -> int:
        """Which ping of this connection it was: as many pongs must have come when it is answered."""
        self.pings += 1
        conduct.pings += 1
        mine = self.pings
        await self.send({"type": "ping"})
        return mine

    async def close(self, code: int) -> None:
        """End it, with a close code or by cutting it off (`ABORT`)."""
        self.ended_here = True
        if code == ABORT:
            self.socket.transport.abort()
        else:  # a client that does not take part in the closing is cut off by websockets in the end
            await self.socket.close(code, "conformance")
        self.ended_at = time.monotonic()

    async def cut_unread(self, seconds: float) -> None:
        """Stop reading, and cut the connection off a moment later: what the client answers meanwhile is lost."""
        self.ended_here = True
        self.socket.transport.pause_reading()
        await asyncio.sleep(seconds)
        self.socket.transport.abort()
