"""Which devices are connected, and how they are reached.

`Hub` is all that the rest of the service knows. `LocalHub` is the hub of one process; one that reaches the sockets of other
processes will answer to the same protocol.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol
from uuid import UUID

from app.devices.closing import REPLACED, Close, SocketClosed
from app.devices.connection import DeviceConnection
from app.devices.frames import ToolCall, ToolResult
from app.devices.limits import SocketLimits
from app.devices.line import Line, OpenCall
from app.devices.measures import CONNECTED
from app.devices.slots import Slots
from app.kit.clock import Clock

OnChange = Callable[[Line, OpenCall, ToolResult], None]


class Hub(Protocol):
    def line(self, user_id: UUID, device_id: str) -> Line | None:
        """The line to one device, if it is connected or has been a moment ago."""
        ...

    def reachable(self, user_id: UUID, device_id: str | None) -> Line | None:
        """The line to that device, or to the one that connected last, if it is connected now."""
        ...

    def online(self, user_id: UUID) -> set[str]:
        """The ids of the user's connected devices."""
        ...

    def slots(self, user_id: UUID) -> Slots:
        """Where the user's calls wait for their turn."""
        ...

    async def arrival(self, user_id: UUID, device_id: str | None, within_s: float) -> Line | None:
        """Wait for one device of the user's, or for any; None when none comes."""
        ...

    def release(self, line: Line) -> None:
        """A call on this line has ended."""
        ...

    def tell_changes(self, on_change: OnChange) -> None:
        """Who takes the results of changes."""
        ...

    def hang_up(self, user_id: UUID, device_id: str, code: Close, reason: str) -> None:
        """Close the device's socket, if it has one. Nobody waits for a revoked device to come back."""
        ...


class _UserLines:
    """One user's devices."""

    __slots__ = ("expecting", "lines", "slots")

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}
        self.slots: Slots | None = None
        self.expecting: list[asyncio.Future[None]] = []

    @property
    def is_idle(self) -> bool:
        return not self.lines and not self.expecting and (self.slots is None or self.slots.are_free)


class LocalHub:
    def __init__(self, limits: SocketLimits, clock: Clock) -> None:
        self._limits, self._clock = limits, clock
        self._users: dict[UUID, _UserLines] = {}
        self._on_change: OnChange | None = None

    def tell_changes(self, on_change: OnChange) -> None:
        """Who takes the results of changes."""
        self._on_change = on_change

    # Who is there

    def line(self, user_id: UUID, device_id: str) -> Line | None:
        user = self._users.get(user_id)
        return user.lines.get(device_id) if user is not None else None

    def reachable(self, user_id: UUID, device_id: str | None) -> Line | None:
        line = self._newest(user_id) if device_id is None else self.line(user_id, device_id)
        return line if line is not None and line.is_open else None

    def _newest(self, user_id: UUID) -> Line | None:
        user = self._users.get(user_id)
        newest: Line | None = None
        for line in user.lines.values() if user is not None else ():
            # Connecting puts a line last.
            if line.is_open:
                newest = line
        return newest

    def online(self, user_id: UUID) -> set[str]:
        user = self._users.get(user_id)
        if user is None:
            return set()
        return {line.device_id for line in user.lines.values() if line.connection is not None}

    def slots(self, user_id: UUID) -> Slots:
        user = self._users.setdefault(user_id, _UserLines())
        if user.slots is None:
            user.slots = Slots(self._limits)
        return user.slots

    def connections(self) -> Iterator[DeviceConnection]:
        for user in list(self._users.values()):
            for line in list(user.lines.values()):
                if line.connection is not None:
                    yield line.connection

    def connections_of(self, user_id: UUID) -> list[DeviceConnection]:
        user = self._users.get(user_id)
        if user is None:
            return []
        return [line.connection for line in user.lines.values() if line.connection is not None]

    async def arrival(self, user_id: UUID, device_id: str | None, within_s: float) -> Line | None:
        try:
            async with asyncio.timeout(within_s):
                while True:
                    line = self.reachable(user_id, device_id)
                    if line is not None:
                        return line
                    await self._next_arrival(user_id)
        except TimeoutError:
            return None

    async def _next_arrival(self, user_id: UUID) -> None:
        user = self._users.setdefault(user_id, _UserLines())
        arrival: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        user.expecting.append(arrival)
        try:
            await arrival
        finally:
            user.expecting.remove(arrival)
            self._tidy(user_id)

    # Coming and going

    def check_room(self, user_id: UUID, device_id: str, arrival: int) -> None:
        """Raises `SocketClosed` when the user has as many other devices connected as is allowed, or when this device has
        come again since: greetings take their time, and one may overtake another."""
        line = self.line(user_id, device_id)
        if line is not None and line.connection is not None and line.connection.arrival > arrival:
            raise SocketClosed(Close.REPLACED, REPLACED)
        if len(self.online(user_id) - {device_id}) >= self._limits.devices_per_user:
            raise SocketClosed(Close.TOO_MANY, f"A user may have {self._limits.devices_per_user} devices connected.")

    def enter(self, connection: DeviceConnection, unanswered: Iterable[ToolCall]) -> None:
        """The device is connected. The newest connection of a device wins."""
        assert self._on_change is not None
        user = self._users.setdefault(connection.user_id, _UserLines())
        line = user.lines.pop(connection.device_id, None) or Line(
            connection.user_id, connection.device_id, self._limits, self._clock, self._on_change
        )
        user.lines[connection.device_id] = line
        replaced = line.attach(connection, unanswered)
        if replaced is None:
            CONNECTED.inc()
        else:
            replaced.replace(REPLACED)
        for arrival in user.expecting:
            if not arrival.done():
                arrival.set_result(None)

    def leave(self, connection: DeviceConnection) -> None:
        line = self.line(connection.user_id, connection.device_id)
        if line is not None and line.connection is connection:
            CONNECTED.dec()
            line.detach(connection)
            self._tidy(connection.user_id)

    def release(self, line: Line) -> None:
        """A call has ended; a line without device and calls goes."""
        if line.is_idle:
            self._tidy(line.user_id)

    def _tidy(self, user_id: UUID) -> None:
        user = self._users.get(user_id)
        if user is None:
            return
        for line in [line for line in user.lines.values() if line.is_idle]:
            del user.lines[line.device_id]
        if user.is_idle:
            del self._users[user_id]

    def hang_up(self, user_id: UUID, device_id: str, code: Close, reason: str) -> None:
        line = self.line(user_id, device_id)
        if line is None:
            return
        if line.connection is not None:
            line.connection.close(code, reason)
        if code is Close.REVOKED:
            line.give_up()

    def give_up(self) -> None:
        """No device comes back to this process: tell those who wait."""
        for user in list(self._users.values()):
            for line in list(user.lines.values()):
                line.give_up()

    @property
    def answers_owed(self) -> int:
        return sum(line.answers_owed for user in self._users.values() for line in user.lines.values())
