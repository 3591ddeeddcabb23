"""A device that speaks frames: as little as possible between a test and the wire."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.devices.live import LiveService
from tests.factories.people import Person

Frame = dict[str, Any]
PATIENCE_S = 20


class RawDevice:
    """An open socket. Pings are answered, everything else is the test's."""

    def __init__(self, connection: ClientConnection, device_id: str) -> None:
        self.connection, self.device_id = connection, device_id
        self.ready: Frame = {}
        self.answers_pings = True

    async def send(self, frame: Frame) -> None:
        await self.connection.send(json.dumps(frame))

    async def send_text(self, text: str) -> None:
        await self.connection.send(text)

    async def next(self, within_s: float = PATIENCE_S) -> Frame:
        """The next frame that is not a ping."""
        async with asyncio.timeout(within_s):
            while True:
                frame: Frame = json.loads(await self.connection.recv())
                if frame["type"] != "ping":
                    return frame
                if self.answers_pings:
                    await self.send({"type": "pong"})

    async def nothing_for(self, seconds: float) -> None:
        try:
            frame = await self.next(seconds)
        except TimeoutError:
            return
        raise AssertionError(f"nothing was expected, and this came: {str(frame)[:300]}")

    async def hello(self, **fields: Any) -> Frame:
        await self.send({"type": "device_hello", "device_id": self.device_id, "journal": True} | fields)
        self.ready = await self.next()
        return self.ready

    async def closed(self, within_s: float = PATIENCE_S) -> int:
        """The code the service closes with."""
        async with asyncio.timeout(within_s):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd is not None else 1006

    async def answer(self, **result: Any) -> Frame:
        """Answer the next call, and give it back."""
        call = await self.next()
        assert call["type"] == "tool_call", call
        await self.send({"type": "tool_result", "id": call["id"], **result})
        return call

    async def refused(self, code: str = "invalid_frame") -> Frame:
        """The next frame, which is an error."""
        frame = await self.next()
        assert (frame["type"], frame.get("code")) == ("error", code), frame
        return frame

    async def still_there(self) -> None:
        """The socket is open, and takes frames."""
        await self.send({"type": "no_such_type"})
        await self.refused("unknown_type")

    async def cut(self) -> None:
        """Gone, without a word."""
        self.connection.transport.abort()
        await self.connection.wait_closed()

    async def close(self) -> None:
        await self.connection.close()


@asynccontextmanager
async def opened(
    service: LiveService, person: Person | None, device_id: str | None = None, *, query: str = "", **options: Any
) -> AsyncIterator[RawDevice]:
    """A socket that has not said hello."""
    headers = dict(options.pop("headers", {}))
    if person is not None:
        headers |= person.auth
    async with connect(
        service.socket_url + query, additional_headers=headers, compression=None, max_size=None, proxy=None, **options
    ) as connection:
        yield RawDevice(connection, device_id or f"device-{uuid4().hex[:8]}")


@asynccontextmanager
async def connected(
    service: LiveService, person: Person, device_id: str | None = None, **hello: Any
) -> AsyncIterator[RawDevice]:
    """A device that is ready."""
    async with opened(service, person, device_id) as device:
        ready = await device.hello(**hello)
        assert ready["type"] == "device_ready", ready
        yield device
