"""Re-wrap every data key with the newest master key, online.

Only `user_keys` changes: the data keys stay the same, so no sealed value is touched. Each batch is a transaction of its
own; a rotation killed half-way leaves every key readable (both master keys are configured) and goes on where it was.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.keys.master_keys import MasterKeys, WrappedKey
from app.keys.models import UserKey
from app.kit.crypto import CannotOpen
from app.kit.system_db import SystemDatabase

BATCH = 500
LOOKED_AT = 5


class MasterKeyMissing(Exception):
    """Some data keys are wrapped by master keys that are not configured."""


@dataclass(frozen=True)
class Rotated:
    rewrapped: int
    unreadable: int  # wrapped bytes that no longer open: damaged, and left alone


class KeyRotation:
    def __init__(self, system: SystemDatabase, master_keys: MasterKeys) -> None:
        self._system, self._master_keys = system, master_keys
        self.first_id = master_keys.first_id

    async def in_use(self) -> dict[str, int]:
        """How many data keys each master key wraps."""
        async with self._system.begin() as session:
            rows = await session.execute(select(UserKey.master_key_id, func.count()).group_by(UserKey.master_key_id))
            return {row[0]: row[1] for row in rows}

    async def check(self) -> None:
        """Raises `MasterKeyMissing` unless every master key in use is configured, and is the one it claims to be."""
        in_use = await self.in_use()
        if missing := self._master_keys.missing_among(in_use):
            raise MasterKeyMissing(
                f"The database holds data keys wrapped by the master key {', '.join(missing)}, which MASTER_KEYS does not "
                "contain. Put it back (behind the newest); without it those users' data cannot be opened."
            )
        if wrong := [key_id for key_id in in_use if await self._does_not_fit(key_id)]:
            raise MasterKeyMissing(
                f"The master key {', '.join(wrong)} of MASTER_KEYS is not the one that wrapped the database's data keys. "
                "Put the right one back; without it those users' data cannot be opened."
            )

    async def run(self, progress: Callable[[int, int], None]) -> Rotated:
        """Re-wrap all that an older master key wrapped. Safe to run twice at once, or again.

        `progress(done, total)` is called after each batch. A data key that cannot be unwrapped is left as it is and
        counted. Raises `MasterKeyMissing`.
        """
        await self.check()
        total = sum(count for key_id, count in (await self.in_use()).items() if key_id != self._master_keys.first_id)
        done, unreadable, after = 0, 0, (UUID(int=0), 0)
        while rows := await self._rewrap_batch(after):
            after = (rows[-1].user_id, rows[-1].version)
            left = sum(row.master_key_id != self._master_keys.first_id for row in rows)
            done, unreadable = done + len(rows) - left, unreadable + left
            progress(done + unreadable, max(done + unreadable, total))
        return Rotated(done, unreadable)

    async def _rewrap_batch(self, after: tuple[UUID, int]) -> list[UserKey]:
        async with self._system.begin() as session:
            rows = await self._claim(session, after)
            for row in rows:
                data_key = self._unwrapped(row)
                if data_key is not None:
                    wrapped = self._master_keys.wrap(row.user_id, row.version, data_key)
                    row.master_key_id, row.wrapped_key = wrapped.master_key_id, wrapped.wrapped
            return rows

    async def _claim(self, session: AsyncSession, after: tuple[UUID, int]) -> list[UserKey]:
        """A batch nobody else is re-wrapping. A row an erasure holds is waited for: skipping it could leave it behind."""
        statement = (
            select(UserKey)
            .where(UserKey.master_key_id != self._master_keys.first_id)
            .where(tuple_(UserKey.user_id, UserKey.version) > after)
            .order_by(UserKey.user_id, UserKey.version)
            .limit(BATCH)
            .with_for_update()
        )
        return list((await session.scalars(statement)).all())

    async def _does_not_fit(self, master_key_id: str) -> bool:
        """None of the newest data keys under it opens. One that does not is damaged; all of them, and the key is wrong."""
        under_it = select(UserKey).where(UserKey.master_key_id == master_key_id)
        async with self._system.begin() as session:
            newest = (await session.scalars(under_it.order_by(UserKey.created_at.desc()).limit(LOOKED_AT))).all()
        return bool(newest) and all(self._unwrapped(row) is None for row in newest)

    def _unwrapped(self, row: UserKey) -> bytes | None:
        try:
            return self._master_keys.unwrap(row.user_id, row.version, WrappedKey(row.master_key_id, row.wrapped_key))
        except CannotOpen:
            return None
