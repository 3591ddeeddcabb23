"""Is the service ready to take requests? Asked by load balancers, so it does not wait long for an answer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

TIMEOUT_S = 2

Check = Callable[[], Awaitable[bool]]


@dataclass
class Readiness:
    """Named checks, and a flag that a stopping service lowers first."""

    checks: dict[str, Check]
    stopping: bool = False

    async def states(self) -> dict[str, str]:
        """`ok` or `down` for each part."""
        names = list(self.checks)
        results = await asyncio.gather(*(_holds(self.checks[name]) for name in names))
        states = {name: "ok" if good else "down" for name, good in zip(names, results, strict=True)}
        return states | ({"service": "stopping"} if self.stopping else {})


async def _holds(check: Check) -> bool:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await check()
    except Exception:  # noqa: BLE001 - whatever goes wrong while asking is an answer: not ready
        return False
