"""Several processes share their sign-in delays through Redis, where every question is a wait: nothing may slip between."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from limits.aio.storage import RedisStorage, Storage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.errors import StorageError

from app.auth.counters import ProcessStorage, counters
from app.auth.throttle import FREE_FROM_ONE_ADDRESS, SignInThrottle
from app.errors import RateLimited
from app.kit.clock import SystemClock


async def outcome(throttle: SignInThrottle, account: str) -> str:
    try:
        await throttle.admit(account, "203.0.113.7")
    except RateLimited:
        return "waits"
    return "admitted"


@pytest.fixture
async def storage(redis_url: str) -> AsyncIterator[Storage]:
    made = counters(redis_url, SystemClock(), timeout_s=10)
    yield made
    await closed(made)


async def closed(storage: Storage) -> None:
    assert isinstance(storage, RedisStorage)
    assert isinstance(storage.bridge, RedispyBridge)
    client: Any = storage.bridge.get_connection()  # typed as what all kinds of Redis have in common
    await client.aclose()


async def test_guesses_made_at_once_do_not_slip_through(storage: Storage) -> None:
    processes = [SignInThrottle(storage, SystemClock()) for _ in range(2)]
    told = await asyncio.gather(*(outcome(processes[number % 2], "ada@example.com") for number in range(60)))
    assert Counter(told) == {"admitted": FREE_FROM_ONE_ADDRESS, "waits": 60 - FREE_FROM_ONE_ADDRESS}


async def test_after_the_delay_one_guess_gets_through(storage: Storage) -> None:
    throttle = SignInThrottle(storage, SystemClock())
    for _ in range(FREE_FROM_ONE_ADDRESS):
        assert await outcome(throttle, "bob@example.com") == "admitted"
    assert await outcome(throttle, "bob@example.com") == "waits"
    await asyncio.sleep(1.1)
    told = await asyncio.gather(*(outcome(throttle, "bob@example.com") for _ in range(40)))
    assert Counter(told) == {"admitted": 1, "waits": 39}


class BusyOnce(ProcessStorage):
    """What a Redis looks like to a process that was too busy to read its answer: counted, and not heard."""

    is_busy = True

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        count = await super().incr(key, expiry, amount)
        if self.is_busy:
            self.is_busy = False
            raise StorageError(TimeoutError())
        return count


async def test_an_answer_that_is_late_once_opens_no_door() -> None:
    storage = BusyOnce()
    throttle = SignInThrottle(storage, SystemClock())
    told = [await outcome(throttle, "eve@example.com") for _ in range(FREE_FROM_ONE_ADDRESS)]
    assert told == ["admitted"] * (FREE_FROM_ONE_ADDRESS - 1) + ["waits"], "the first was counted twice"
    storage.is_busy = True
    assert await outcome(throttle, "eve@example.com") == "waits"


async def test_without_redis_people_can_still_sign_in() -> None:
    away = counters("redis://127.0.0.1:1/0", SystemClock())
    throttle = SignInThrottle(away, SystemClock())
    for _ in range(10):
        assert await outcome(throttle, "ada@example.com") == "admitted"
    await throttle.succeeded("ada@example.com", "203.0.113.7")
    await closed(away)
