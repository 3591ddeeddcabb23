"""Every user's data keys, unwrapped when needed and kept for a short while."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import AdiuvaError
from app.keys.master_keys import MasterKeys, WrappedKey
from app.keys.models import UserKey
from app.kit.clock import Clock
from app.kit.crypto import CannotOpen, KeyRing, new_key


class KeysUnavailable(AdiuvaError):
    """The user's data cannot be opened: the master key that wrapped the data key is not configured, or the key is gone."""

    status = 503
    code = "keys_unavailable"


class KeyVault:
    """Hands out key rings. Unwrapped keys are cached: bounded, used for at most a minute, dropped at once when forgotten."""

    def __init__(
        self,
        master_keys: MasterKeys,
        clock: Clock,
        *,
        most: int = 10_000,
        kept_for: timedelta = timedelta(minutes=1),
    ) -> None:
        self._master_keys, self._clock = master_keys, clock
        self._most, self._kept_for = most, kept_for
        self._rings: dict[UUID, tuple[datetime, KeyRing]] = {}  # in the order they were loaded

    def create(self, session: AsyncSession, user_id: UUID) -> KeyRing:
        """Give a new user their first data key, in the transaction that creates the user."""
        data_key = new_key()
        wrapped = self._master_keys.wrap(user_id, 1, data_key)
        session.add(
            UserKey(
                user_id=user_id,
                version=1,
                master_key_id=wrapped.master_key_id,
                wrapped_key=wrapped.wrapped,
                created_at=self._clock.now(),
            )
        )
        return KeyRing({1: data_key})

    async def of(self, session: AsyncSession, user_id: UUID) -> KeyRing:
        """The user's key ring. Raises `KeysUnavailable`."""
        kept = self.kept(user_id)
        if kept is not None:
            return kept
        now = self._clock.now()
        ring = await self._load(session, user_id)
        self._rings.pop(user_id, None)
        self._rings[user_id] = (now, ring)
        self._drop_old(now)
        return ring

    def kept(self, user_id: UUID) -> KeyRing | None:
        """The key ring if it is at hand, for those who would have to open a transaction to load it."""
        kept = self._rings.get(user_id)
        return kept[1] if kept is not None and self._clock.now() - kept[0] < self._kept_for else None

    def _drop_old(self, now: datetime) -> None:
        """The oldest stand first. An idle process keeps what it has until the next load."""
        while self._rings:
            oldest, (since, _) = next(iter(self._rings.items()))
            if now - since < self._kept_for and len(self._rings) <= self._most:
                return
            del self._rings[oldest]

    def forget(self, user_id: UUID) -> None:
        self._rings.pop(user_id, None)

    async def _load(self, session: AsyncSession, user_id: UUID) -> KeyRing:
        rows = (await session.scalars(select(UserKey).where(UserKey.user_id == user_id))).all()
        if not rows:
            raise KeysUnavailable("This account's data key no longer exists; its data cannot be opened.")
        try:
            return KeyRing(
                {
                    row.version: self._master_keys.unwrap(
                        user_id, row.version, WrappedKey(row.master_key_id, row.wrapped_key)
                    )
                    for row in rows
                }
            )
        except CannotOpen as error:
            raise KeysUnavailable(f"The account's data key could not be unwrapped. {error}") from None
