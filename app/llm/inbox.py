"""What an attempt brings, read ahead by a task of its own.

The task runs on for as long as the network has brought something, and only then the reader runs: so it finds the text of one
network read in one piece, whatever pieces the HTTP library and the provider cut it into.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.llm.provider import Part


class Inbox:
    def __init__(self, attempt: AsyncGenerator[Part, None]) -> None:
        self._parts: list[Part] = []
        self._something = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._fill(attempt))

    async def take(self) -> list[Part]:
        """Everything that has come since the last time; [] at the end. Raises what the attempt raised, after its parts."""
        await self._something.wait()
        if not self._parts and self._task.done():
            self._task.result()
        parts, self._parts = self._parts, []
        if not self._task.done():
            self._something.clear()
        return parts

    async def close(self) -> None:
        """End the attempt where it stands; its request is closed when this returns."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _fill(self, attempt: AsyncGenerator[Part, None]) -> None:
        try:
            async with aclosing(attempt):
                async for part in attempt:
                    self._parts.append(part)
                    self._something.set()
        finally:
            self._something.set()
