"""Counters that expire, behind the storage interface of `limits`: in this process, or in Redis for several."""

from limits.aio.storage import RedisStorage, Storage
from limits.storage import storage_from_string

from app.kit.clock import Clock, SystemClock

REDIS_TIMEOUT_S = 0.5
_SWEEP_EVERY = 10_000  # increments between looks for expired counters


class ProcessStorage(Storage):
    """Counters of one process.

    `limits` has one of its own, but every increment there walks all counters to find the expired (0.9 ms of CPU among
    10,000: benchmarks/README.md); here a walk comes once in 10,000 increments. It also takes a clock.
    """

    STORAGE_SCHEME = None  # not to be found by URL: it is built with a clock

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__()
        self._clock = clock or SystemClock()
        self._counts: dict[str, tuple[int, float]] = {}
        self._since_sweep = 0

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        now = self._now()
        count, expires_at = self._counts.get(key, (0, 0.0))
        if expires_at <= now:
            count, expires_at = 0, now + expiry
        self._counts[key] = (count + amount, expires_at)
        self._since_sweep += 1
        if self._since_sweep >= _SWEEP_EVERY:
            self._sweep(now)
        return count + amount

    async def get(self, key: str) -> int:
        count, expires_at = self._counts.get(key, (0, 0.0))
        return count if expires_at > self._now() else 0

    async def get_expiry(self, key: str) -> float:
        now = self._now()
        return max(now, self._counts.get(key, (0, now))[1])

    async def check(self) -> bool:
        return True

    async def reset(self) -> int | None:
        removed = len(self._counts)
        self._counts.clear()
        return removed

    async def clear(self, key: str) -> None:
        self._counts.pop(key, None)

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _sweep(self, now: float) -> None:
        self._counts = {key: kept for key, kept in self._counts.items() if kept[1] > now}
        self._since_sweep = 0


def counters(redis_url: str | None, clock: Clock, *, timeout_s: float = REDIS_TIMEOUT_S) -> Storage:
    """`timeout_s`: how long Redis may take to connect, and to answer."""
    if redis_url is None:
        return ProcessStorage(clock)
    storage = storage_from_string(
        f"async+{redis_url}",
        implementation="redispy",
        wrap_exceptions=True,
        # A Redis that hangs must not make every request hang with it.
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
    )
    assert isinstance(storage, RedisStorage)
    return storage


async def close(storage: Storage) -> None:
    if isinstance(storage, RedisStorage):
        await storage.bridge.storage.aclose()  # type: ignore[attr-defined]  # `limits` has no way of its own
