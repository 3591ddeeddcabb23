"""One line for each user: so many of their small works are carried out at once, so many more wait, no more are taken."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

AT_ONCE = 4
MOST_WAITING = 64

Work = Callable[[], Coroutine[Any, Any, None]]


class _Line:
    __slots__ = ("length", "room")

    def __init__(self, at_once: int) -> None:
        self.length = 0  # with those being carried out
        self.room = asyncio.Semaphore(at_once)


class Lines:
    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._at_once, self._most = at_once, at_once + most_waiting
        self._lines: dict[UUID, _Line] = {}
        self._busy: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """Users who have something in their line."""
        return len(self._lines)

    def join(self, user_id: UUID, work: Work) -> bool:
        """Carry it out when it is its turn, first come, first served. False when the line is too long: it is not taken."""
        line = self._lines.get(user_id)
        if line is None:
            line = self._lines[user_id] = _Line(self._at_once)
        if line.length >= self._most:
            return False
        line.length += 1
        task = asyncio.create_task(_in_line(line, work))
        self._busy.add(task)
        task.add_done_callback(lambda done: self._leave(user_id, done))
        return True

    def _leave(self, user_id: UUID, task: "asyncio.Task[None]") -> None:
        self._busy.discard(task)
        line = self._lines[user_id]
        line.length -= 1
        if not line.length:
            del self._lines[user_id]


async def _in_line(line: _Line, work: Work) -> None:
    async with line.room:
        await work()
