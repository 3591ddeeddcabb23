import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], object], *, within_s: float = 30) -> None:
    """Wait for something another process, or the background, does."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - it happens where no event can be set
            await asyncio.sleep(0.02)
