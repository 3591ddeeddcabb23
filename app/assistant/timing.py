"""A turn's time limit, in which waits for approvals do not count."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.assistant.ending import TurnTimeout


class TurnTime:
    def __init__(self, most_s: float, used_s: float) -> None:
        self._most_s, self.used_s = most_s, used_s

    @asynccontextmanager
    async def counted(self) -> AsyncIterator[None]:
        """Counts what the turn uses of its time. Raises `TurnTimeout`."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(max(0.0, self._most_s - self.used_s)) as limit:
                yield
        except TimeoutError:
            if limit.expired():
                raise TurnTimeout("The turn took longer than a turn may.") from None
            raise
        self.used_s += loop.time() - began
