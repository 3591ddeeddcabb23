"""Failed sign-ins slow an account down: a growing delay, never a lock-out.

Every attempt is counted before its password is looked at, so that many at once cannot slip through together. Unknown
addresses are counted like known ones: nobody learns which exist.
"""

from math import ceil
from typing import NoReturn

import structlog
from limits.aio.storage import Storage
from limits.errors import StorageError

from app.auth.rate_limits import network
from app.auth.secrets import digest
from app.errors import RateLimited
from app.kit.clock import Clock

log = structlog.get_logger()

LONGEST_DELAY_S = 60
REMEMBERED_S = 60 * 60  # failures are forgotten an hour after the first
FREE_FROM_ONE_ADDRESS = 5
# Counted over all addresses too, against guessing from many; high, so that a stranger cannot slow the owner down.
FREE_FROM_ANYWHERE = 50
TRIES = 2


class SignInThrottle:
    def __init__(self, storage: Storage, clock: Clock, *, enabled: bool = True) -> None:
        self._storage, self._clock, self._enabled = storage, clock, enabled

    async def admit(self, account: str, address: str) -> None:
        """Count an attempt on the account (its e-mail) from an address. Raises `RateLimited` while it has to wait.

        Without Redis people can still sign in. It is asked twice before it counts as away: answers that came in time look
        late to a process that was too busy to read them, and a rush of guesses must not open the door by making it so. At
        worst the attempt is counted twice.
        """
        if not self._enabled:
            return
        for _ in range(TRIES):
            try:
                await self._count(account, address)
            except StorageError:
                log.warning("sign_in_delays_unavailable")
            else:
                return

    async def _count(self, account: str, address: str) -> None:
        for name, free in self._names(account, address):
            await self._wait_is_over(name)
            attempts = await self._storage.incr(f"{name}:failures", REMEMBERED_S)
            if attempts >= free:
                await self._begin_delay(name, min(LONGEST_DELAY_S, 2 ** min(attempts - free, 10)))

    async def succeeded(self, account: str, address: str) -> None:
        if not self._enabled:
            return
        try:
            for name, _ in self._names(account, address):
                await self._storage.clear(f"{name}:failures")
                await self._storage.clear(f"{name}:delay")
        except StorageError:
            log.warning("sign_in_delays_unavailable")

    async def _wait_is_over(self, name: str) -> None:
        if await self._storage.get(f"{name}:delay"):
            await self._refuse(name)

    async def _begin_delay(self, name: str, seconds: int) -> None:
        """Of several attempts that found no delay at the same moment, the one that begins it goes on."""
        if await self._storage.incr(f"{name}:delay", seconds) > 1:
            await self._refuse(name)

    async def _refuse(self, name: str) -> NoReturn:
        wait = await self._storage.get_expiry(f"{name}:delay") - self._clock.now().timestamp()
        raise RateLimited("Too many failed sign-ins for this account. Wait a little.", retry_after=max(1, ceil(wait)))

    @staticmethod
    def _names(account: str, address: str) -> list[tuple[str, int]]:
        return [
            (f"sign-in:{digest(f'{account} {network(address)}').hex()}", FREE_FROM_ONE_ADDRESS),
            (f"sign-in:{digest(account).hex()}", FREE_FROM_ANYWHERE),
        ]
