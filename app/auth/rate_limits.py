"""How often one may ask: fixed windows of a minute, counted from the first request in each."""

from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil
from uuid import UUID

import structlog
from limits.aio.storage import Storage
from limits.errors import StorageError

from app.errors import RateLimited
from app.kit.clock import Clock

log = structlog.get_logger()

WINDOW_S = 60
ANONYMOUS_PER_MINUTE = 60  # for each network address, over all routes that need no account


def network(address: str) -> str:
    """Whom to count for an address: itself, or its /64 for IPv6, since one customer has all of that (RFC 6177)."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(IPv6Network((parsed.packed[:8] + bytes(8), 64))) if isinstance(parsed, IPv6Address) else address


def turns_of(user_id: UUID) -> str:
    """The bucket of the turns that a user begins, over HTTP or a socket: apart from their other requests."""
    return f"turns:{user_id}"


@dataclass(frozen=True)
class Standing:
    limit: int
    remaining: int
    resets_at: int  # seconds since the Unix epoch

    def headers(self) -> list[tuple[bytes, bytes]]:
        return [
            (b"x-ratelimit-limit", str(self.limit).encode()),
            (b"x-ratelimit-remaining", str(self.remaining).encode()),
            (b"x-ratelimit-reset", str(self.resets_at).encode()),
        ]


class RateLimiter:
    def __init__(self, storage: Storage, clock: Clock, *, enabled: bool = True) -> None:
        self._storage, self._clock, self._enabled = storage, clock, enabled

    async def count(self, bucket: str, per_minute: int) -> tuple[Standing, bool] | None:
        """Count one request; where the bucket stands, and whether this request still fits.

        None when limits are off, or when Redis is away: a service that answers without limits for a moment is better
        than one that does not answer.
        """
        if not self._enabled:
            return None
        try:
            used = await self._storage.incr(bucket, WINDOW_S)
            resets_at = await self._storage.get_expiry(bucket)
        except StorageError:
            log.warning("rate_limits_unavailable")
            return None
        standing = Standing(per_minute, max(0, per_minute - used), ceil(resets_at))
        return standing, used <= per_minute

    def refusal(self, standing: Standing, what: str = "requests") -> RateLimited:
        wait = ceil(standing.resets_at - self._clock.now().timestamp())
        wait = min(max(1, wait), WINDOW_S)  # the reset is told in whole seconds, up to one later than it comes
        return RateLimited(f"That was more than {standing.limit} {what} in a minute.", retry_after=wait)
