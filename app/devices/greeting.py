"""From an accepted socket to a device that is known: what it shows, its hello, its row. Ten seconds, or the door closes."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from uuid import uuid4

from starlette.types import Scope

from app.devices.closing import REVOKED, SESSION_ENDED, Close, SocketClosed
from app.devices.codec import BadFrame, decode, encode
from app.devices.connection import Allowance, DeviceConnection
from app.devices.credentials import Credential
from app.devices.entrance import Entrance
from app.devices.frames import PROTOCOL_VERSION, DeviceHello, DeviceReady, Error, Server
from app.devices.hub import LocalHub
from app.devices.known_devices import KnownDevices
from app.devices.limits import SocketLimits
from app.devices.measures import REJECTED_FRAMES
from app.devices.outbox import AsgiSend
from app.devices.revocation import EndedAccess
from app.devices.turns import Turns, TurnStream
from app.kit.clock import Clock
from app.version import VERSION

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


AT_ONCE_S = 1.0


class Left(Exception):
    """The client went away before it said hello."""


class Greeting:
    def __init__(
        self,
        entrance: Entrance,
        devices: KnownDevices,
        hub: LocalHub,
        turns: Turns,
        ended: EndedAccess,
        clock: Clock,
        limits: SocketLimits,
    ) -> None:
        self._entrance, self._devices, self._hub, self._turns = entrance, devices, hub, turns
        self._ended, self._clock, self._limits = ended, clock, limits
        self._arrivals = itertools.count(1)

    async def greet(
        self, scope: Scope, receive: Receive, send: AsgiSend, abort: Callable[[], None]
    ) -> DeviceConnection:
        """A connection that is ready and in the hub. Raises `SocketClosed`, `Left`."""
        arrival = next(self._arrivals)
        async with self._entrance.place_of_address(scope):
            credential, only_device = await self._entrance.admit(scope)
        admitted_at = asyncio.get_running_loop().time()
        with self._entrance.place_of_user(credential.user_id):
            hello = await self._hello_in_time(receive, send)
        if asyncio.get_running_loop().time() - admitted_at > AT_ONCE_S:
            # Word of an ended session reaches sockets in the hub, and this one is not there yet.
            await self._entrance.check_again(credential)
        self._check(hello, credential, only_device, arrival)
        unanswered = await self._devices.greet(credential, hello)
        # Once more, and with nothing to wait for up to the hub: others may have come while the database was asked.
        self._check(hello, credential, only_device, arrival)
        connection = DeviceConnection(uuid4().hex, arrival, credential, hello, send, abort, self._clock, self._limits)
        resumed = self._resumed(credential, hello)
        self._welcome(connection, hello, list(resumed))
        self._hub.enter(connection, unanswered)
        for stream, last_seq in resumed.values():
            self._turns.follow(connection, stream, last_seq)
        connection.begin()
        return connection

    def _resumed(self, credential: Credential, hello: DeviceHello) -> dict[str, tuple[TurnStream, int]]:
        """The turns that go on, and from where; as many as one connection may follow at its beginning."""
        offered = (hello.resume or {}) if credential.may_chat else {}
        found = self._turns.resumable(credential.user_id, offered)
        chosen = itertools.islice(found.items(), self._limits.turns_resumed)
        return {request_id: (stream, offered[request_id]) for request_id, stream in chosen}

    async def _hello_in_time(self, receive: Receive, send: AsgiSend) -> DeviceHello:
        try:
            async with asyncio.timeout(self._limits.hello_s):
                return await self._hello(receive, send)
        except TimeoutError:
            raise SocketClosed(Close.SILENT, "No device_hello came in time.") from None

    def _check(self, hello: DeviceHello, credential: Credential, only_device: str | None, arrival: int) -> None:
        if hello.protocol is not None and hello.protocol != PROTOCOL_VERSION:
            raise SocketClosed(Close.VERSION, f"This service speaks protocol {PROTOCOL_VERSION}.")
        if only_device is not None and hello.device_id != only_device:
            raise SocketClosed(Close.NOT_AUTHENTICATED, "The ticket is for another device.")
        if self._ended.includes(credential):
            raise SocketClosed(Close.NOT_AUTHENTICATED, SESSION_ENDED)
        if self._ended.includes_device(credential, hello.device_id):
            raise SocketClosed(Close.REVOKED, REVOKED)
        self._hub.check_room(credential.user_id, hello.device_id, arrival)

    async def _hello(self, receive: Receive, send: AsgiSend) -> DeviceHello:
        mistakes = Allowance(self._limits.protocol_errors_a_minute / 60, self._limits.protocol_errors_a_minute)
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                raise Left
            try:
                frame = decode(text_of(message), nesting=self._limits.nesting, containers=self._limits.containers)
                if isinstance(frame, DeviceHello):
                    return frame
                raise BadFrame("not_ready", "The first frame is device_hello.")
            except BadFrame as bad:
                REJECTED_FRAMES.labels(bad.code).inc()
                answer = Error(code=bad.code, message=bad.message, id=bad.id, request_id=bad.request_id)
                await send({"type": "websocket.send", "text": encode(answer)})
                if not mistakes.take():
                    raise SocketClosed(Close.PROTOCOL_ERRORS, "Too many frames that could not be taken.") from None

    def _welcome(self, connection: DeviceConnection, hello: DeviceHello, resumed: list[str]) -> None:
        ready = DeviceReady(
            connection_id=connection.id,
            device_id=hello.device_id,
            heartbeat_s=self._limits.ping_every_s,
            server=Server(version=VERSION),
            resumed=resumed,
            lost=[request_id for request_id in hello.resume or () if request_id not in resumed],
        )
        connection.send(ready)


def text_of(message: MutableMapping[str, Any]) -> str:
    """The text of a message. Raises `BadFrame` for a binary one."""
    text = message.get("text")
    if not isinstance(text, str):
        raise BadFrame("invalid_frame", "Frames are text messages.")
    return text
