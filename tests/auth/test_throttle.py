import pytest

from app.auth.counters import ProcessStorage
from app.auth.throttle import FREE_FROM_ANYWHERE, SignInThrottle
from app.errors import RateLimited
from tests.fakes.clock import MovableClock

ADA = "ada@example.com"


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def throttle(clock: MovableClock) -> SignInThrottle:
    return SignInThrottle(ProcessStorage(clock), clock)


async def guess_from_everywhere(throttle: SignInThrottle) -> None:
    for number in range(FREE_FROM_ANYWHERE):
        await throttle.admit(ADA, f"198.51.100.{number}")


async def test_guessing_from_many_addresses_is_slowed_down_too(throttle: SignInThrottle, clock: MovableClock) -> None:
    await guess_from_everywhere(throttle)
    with pytest.raises(RateLimited) as refused:
        await throttle.admit(ADA, "203.0.113.1")
    assert refused.value.retry_after == 1
    clock.move(seconds=1.1)
    await throttle.admit(ADA, "203.0.113.2")


async def test_a_success_clears_what_came_from_other_addresses(throttle: SignInThrottle, clock: MovableClock) -> None:
    await guess_from_everywhere(throttle)
    clock.move(seconds=1.1)
    await throttle.admit(ADA, "203.0.113.1")
    await throttle.succeeded(ADA, "203.0.113.1")
    for number in range(10):
        await throttle.admit(ADA, f"203.0.113.{number}")


async def test_accounts_are_counted_apart(throttle: SignInThrottle) -> None:
    await guess_from_everywhere(throttle)
    await throttle.admit("bob@example.com", "203.0.113.1")


async def test_the_counters_of_a_process_do_not_grow_for_ever(clock: MovableClock) -> None:
    storage = ProcessStorage(clock)
    for number in range(9_000):
        await storage.incr(f"once-{number}", 60)
    clock.move(minutes=2)
    for _ in range(2_000):
        await storage.incr("often", 60)
    assert await storage.reset() == 1
