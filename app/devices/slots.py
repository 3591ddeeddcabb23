"""How many calls of one user may be open at once, on each device and in all. More than that wait, in order."""

import asyncio
from collections import Counter, deque

from app.devices.limits import SocketLimits
from app.devices.outcomes import TooManyCalls


class Slots:
    __slots__ = ("_limits", "_open", "_total", "_waiting")

    def __init__(self, limits: SocketLimits) -> None:
        self._limits = limits
        self._open: Counter[str] = Counter()
        self._total = 0
        self._waiting: deque[tuple[str, asyncio.Future[None]]] = deque()

    @property
    def are_free(self) -> bool:
        return self._total == 0 and not self._waiting

    def take_now(self, device_id: str) -> bool:
        """Take a slot if one is free and nobody waits for it."""
        if not self._has_room(device_id) or any(waiting == device_id for waiting, _ in self._waiting):
            return False
        self._occupy(device_id)
        return True

    async def take(self, device_id: str) -> None:
        """Wait for a slot. Raises `TooManyCalls` when too many wait already."""
        if len(self._waiting) >= self._limits.waiting_calls_per_user:
            raise TooManyCalls("Too many calls wait for this device. Try again shortly.", retry_after=1)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (device_id, turn)
        self._waiting.append(entry)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self.give_back(device_id)  # it was our turn at the very moment we were cancelled
            else:
                self._waiting.remove(entry)
                self._next()
            raise

    def give_back(self, device_id: str) -> None:
        self._open[device_id] -= 1
        self._total -= 1
        if not self._open[device_id]:
            del self._open[device_id]
        if self._waiting:
            self._next()

    def _has_room(self, device_id: str) -> bool:
        return (
            self._total < self._limits.open_calls_per_user
            and self._open[device_id] < self._limits.open_calls_per_device
        )

    def _occupy(self, device_id: str) -> None:
        self._open[device_id] += 1
        self._total += 1

    def _next(self) -> None:
        """Hand free slots to those who wait. A busy device holds up only its own calls."""
        still_waiting: deque[tuple[str, asyncio.Future[None]]] = deque()
        for device_id, turn in self._waiting:
            if not turn.done() and self._has_room(device_id):
                self._occupy(device_id)
                turn.set_result(None)
            else:
                still_waiting.append((device_id, turn))
        self._waiting = still_waiting
