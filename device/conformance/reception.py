"""Where connections arrive: the greeting, the reading loop and the end of each."""

import asyncio
import contextlib
import time
from collections.abc import Callable

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from device.conformance import frames
from device.conformance.accounts import Accounts
from device.conformance.conduct import BURST, Conduct
from device.conformance.connection import DeviceConnection
from device.conformance.door import presented
from device.conformance.frames import Frame
from device.conformance.options import Options
from device.conformance.turns import Turns
from device.conformance.verdicts import Broken, brief

HELLO_S = 10.0
HEARTBEAT_S = 30


class Reception:
    """Keeps the client's newest connection, and tells `take` of each frame and `lost` of the connection's end."""

    def __init__(self, conduct: Conduct, turns: Turns, accounts: Accounts, options: Options) -> None:
        self._conduct, self._turns, self._accounts = conduct, turns, accounts
        self._patience, self._moment = options.patience, options.moment
        self.take: Callable[[DeviceConnection, Frame], None] = lambda _connection, _frame: None
        self.lost: Callable[[], None] = lambda: None
        self.came: asyncio.Queue[DeviceConnection] = asyncio.Queue()
        self.current: DeviceConnection | None = None
        self.first: DeviceConnection | None = None
        self.refusal: int | None = None
        """Greet nobody: end each connection with this code (or `ABORT`) when its hello has come."""
        self.upgrades = 0
        self.strangers: set[str] = set()
        self.end_is_expected = False
        """The client was told to stop, or is being ended: its closing is no misconduct."""

    async def attend(self, socket: ServerConnection) -> None:
        """One connection, from the upgrade to the end."""
        if self._conduct.is_flooding:  # it was told so once, and would not read it a second time either
            socket.transport.abort()
            return
        self.upgrades += 1
        assert socket.request is not None
        connection = DeviceConnection(socket, self.upgrades, presented(socket.request), self._patience)
        self._check_ticket(connection)
        await self._greet(connection)
        heartbeat = asyncio.create_task(_heartbeat(connection, self._conduct))
        try:
            await self._read(connection)
        finally:
            heartbeat.cancel()
            self._ended(connection)

    async def _greet(self, connection: DeviceConnection) -> None:
        await self._hear(connection)
        if connection.hello is None:
            self.first = self.first or connection
            await connection.close(4408)
        elif self._is_stranger(connection):
            await connection.close(4429)
            return
        elif self.refusal is not None:
            await connection.close(self.refusal)
        else:
            await self._welcome(connection)
        self.came.put_nowait(connection)

    async def _hear(self, connection: DeviceConnection) -> None:
        within = min(HELLO_S, self._patience)
        expected = f"`device_hello` within {within:g} s"
        try:
            async with asyncio.timeout(within):
                raw = await connection.socket.recv()
        except TimeoutError:
            connection.fault = expected, "nothing"
            return
        except ConnectionClosed:
            connection.fault = expected, connection.end
            return
        connection.hello_after = time.monotonic() - connection.at
        connection.hello_was_text = isinstance(raw, str)
        frame = self._conduct.frame(raw)
        if frame is None or frame["type"] != "device_hello":
            connection.fault = expected, brief(frame or raw)
        elif not frames.is_id(frame.get("device_id")):
            connection.fault = "`device_id`, a string of 1 to 128 printable characters", brief(frame)
        else:
            connection.hello = frame

    async def _welcome(self, connection: DeviceConnection) -> None:
        before, self.current = self.current, connection
        self.end_is_expected = False
        if before is not None and before.is_open:
            expected, got = "one connection at a time", "a second one while the first was open and well"
            self._conduct.found("discipline.one-connection", expected, got)
            await before.close(4409)
        early: list[str | bytes] = []
        if self.first is None:
            early = await self._wait_for_silence(connection)
            self.first = connection
        known, lost = self._turns.resumed(connection.resume)
        ready = {
            "type": "device_ready",
            "connection_id": f"conformance-{connection.number}",
            "device_id": connection.hello["device_id"] if connection.hello else "",
            "heartbeat_s": HEARTBEAT_S,
            "server": {"version": "conformance", "conformance_unknown": [1, None, {"deep": True}]},
            "resumed": [turn.request_id for turn in known],
            "lost": lost,
            "conformance_unknown": "clients ignore fields they do not know",
        }
        with contextlib.suppress(Broken):
            await connection.send(ready)
            for turn in known:
                for frame in turn.after(int(connection.resume[turn.request_id])):
                    await connection.send(frame)
        for raw in early:
            self._received(connection, raw)

    async def _wait_for_silence(self, connection: DeviceConnection) -> list[str | bytes]:
        """Hold the first `device_ready` back, to see whether the client waits for it; what it sent instead."""
        early: list[str | bytes] = []
        with contextlib.suppress(TimeoutError, ConnectionClosed):
            async with asyncio.timeout(self._moment):
                while len(early) < BURST:  # a flood does not wait, and neither do we
                    early.append(await connection.socket.recv())
        connection.before_ready = [brief(raw if isinstance(raw, str) else repr(raw)) for raw in early]
        return early

    async def _read(self, connection: DeviceConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for raw in connection.socket:
                self._received(connection, raw)
                if self._conduct.is_flooding:
                    await self._cut_off(connection)
                    return

    async def _cut_off(self, connection: DeviceConnection) -> None:
        """Say why, and do not wait until it has been heard: what floods does not read."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._moment):
                await connection.close(4429)
        connection.socket.transport.abort()

    def _received(self, connection: DeviceConnection, raw: str | bytes) -> None:
        frame = self._conduct.frame(raw)
        if frame is None or connection.ended_here:
            return
        if frame["type"] == "device_hello":
            expected = "one `device_hello` for each connection"
            self._conduct.found("discipline.hello-once", expected, "another one on the same connection")
        self.take(connection, frame)

    def _ended(self, connection: DeviceConnection) -> None:
        if not connection.ended_here and not self.end_is_expected:
            self._conduct.found("discipline.stays", "a client that leaves ending to the server", connection.end)
        connection.ended_here = True
        if self.current is connection:
            self.current = None
            self.lost()

    def _is_stranger(self, connection: DeviceConnection) -> bool:
        """Another client came by while one is being checked; it would only confuse the result."""
        if self.current is None or not self.current.is_open or self.current.hello is None or connection.hello is None:
            return False
        if self.current.hello["device_id"] == connection.hello["device_id"]:
            return False
        self.strangers.add(connection.hello["device_id"])
        return True

    def _check_ticket(self, connection: DeviceConnection) -> None:
        if connection.presented is None or connection.presented[0] != "ticket":
            return
        if not self._accounts.take_ticket(connection.presented[1]):
            expected = "a fresh ticket from POST /api/v1/ws/ticket for each connection"
            self._conduct.found("discipline.tickets", expected, "one that was used before, or never issued")


async def _heartbeat(connection: DeviceConnection, conduct: Conduct) -> None:
    """Ping as the service does: a client may take a long silence for a dead connection."""
    with contextlib.suppress(Broken):
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            await connection.ping(conduct)
