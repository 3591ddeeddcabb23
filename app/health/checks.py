"""Is the service ready to take requests? Asked by load balancers, so it does not wait long for an answer."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 2

Check = Callable[[], Coroutine[Any, Any, bool]]

_asking: set[asyncio.Task[bool]] = set()  # the loop itself holds tasks weakly


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
    """Not by `asyncio.timeout`: it waits for the check to end, and letting go of a database that hangs takes seconds."""
    task = asyncio.create_task(_asked(check), name="readiness")
    _asking.add(task)
    task.add_done_callback(_asking.discard)
    try:
        done, _ = await asyncio.wait({task}, timeout=TIMEOUT_S)
    finally:
        task.cancel()
    return bool(done) and task.result()


async def _asked(check: Check) -> bool:
    try:
        return await check()
    except Exception:  # noqa: BLE001 - whatever goes wrong while asking is an answer: not ready
        return False
