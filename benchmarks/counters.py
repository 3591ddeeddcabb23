"""What counting one request costs while 10,000 users are being counted."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

from limits.aio.storage import MemoryStorage, Storage

from app.auth.counters import ProcessStorage
from app.auth.rate_limits import RateLimiter
from app.kit.clock import SystemClock
from benchmarks.ground import Ground
from benchmarks.report import Report
from benchmarks.rounds import Ratio, interleaved

ABOUT = "CPU of counting one request, 10,000 live counters"
USERS = 10_000
TOGETHER = 32  # requests in one turn of the event loop

BASELINE = "limits.aio MemoryStorage.incr"
OURS = "ProcessStorage.incr"
BASELINE_TOGETHER = f"{BASELINE}, {TOGETHER} at a time"
OURS_TOGETHER = f"{OURS}, {TOGETHER} at a time"
LIMITER = "RateLimiter.count on ProcessStorage"


def run(ground: Ground) -> Report:
    times = 2_000 if ground.quick else 20_000
    measures: dict[str, Callable[[], float]] = {
        BASELINE: lambda: asyncio.run(_storage(MemoryStorage(), times // 20, together=1)),
        OURS: lambda: asyncio.run(_storage(ProcessStorage(), times, together=1)),
        BASELINE_TOGETHER: lambda: asyncio.run(_storage(MemoryStorage(), times, together=TOGETHER)),
        OURS_TOGETHER: lambda: asyncio.run(_storage(ProcessStorage(), times, together=TOGETHER)),
        LIMITER: lambda: asyncio.run(_limiter(times)),
    }
    taken = interleaved(measures, ground.rounds)
    baseline_of = {OURS: BASELINE, OURS_TOGETHER: BASELINE_TOGETHER}
    rows = [
        [
            name,
            f"{statistics.median(values):.1f}",
            f"1/{Ratio.of(taken[baseline_of[name]], values).median:,.0f}" if name in baseline_of else "-",
        ]
        for name, values in taken.items()
    ]
    return Report(
        "counters",
        ABOUT,
        ["", "µs an increment", "of MemoryStorage's"],
        rows,
        notes=[
            "MemoryStorage walks over all counters in the turn after: a request alone pays a whole walk, many share one"
        ],
    )


async def _storage(storage: Storage, times: int, *, together: int) -> float:
    return await _cost(lambda key: storage.incr(key, 3600), times, together=together)


async def _limiter(times: int) -> float:
    limiter = RateLimiter(ProcessStorage(), SystemClock())
    return await _cost(lambda key: limiter.count(key, 200), times, together=1)


async def _cost(count: Callable[[str], Awaitable[object]], times: int, *, together: int) -> float:
    """µs of CPU for each. Between increments the loop turns, as it does between requests: whatever the storage left
    for later runs then, and belongs to its price. The bare turns are taken off."""
    for number in range(USERS):
        await count(f"user:{number}")
    await _turns(3)
    keys = [f"user:{number % USERS}" for number in range(times)]
    before = time.process_time()
    for first in range(0, times, together):
        for key in keys[first : first + together]:
            await count(key)
        await _turns(2)
    counted = time.process_time() - before
    before = time.process_time()
    for _ in range(0, times, together):
        await _turns(2)
    return (counted - (time.process_time() - before)) / times * 1e6


async def _turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)
