"""Re-wrap every data key with the newest master key, online.

Only `user_keys` changes: the data keys stay the same, so no sealed value is touched. Each batch is a transaction of its
own; a rotation killed half-way leaves every key readable (both master keys are configured) and goes on where it was.
"""

from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.keys.master_keys import MasterKeys, WrappedKey
from app.keys.models import UserKey
from app.kit.system_db import SystemDatabase

BATCH = 500


class MasterKeyMissing(Exception):
    """Some data keys are wrapped by master keys that are not configured."""


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
        """Raises `MasterKeyMissing` unless every data key can be unwrapped by a configured master key."""
        if missing := self._master_keys.missing_among(await self.in_use()):
            raise MasterKeyMissing(
                f"The database holds data keys wrapped by the master key {', '.join(missing)}, which MASTER_KEYS does not "
                "contain. Put it back (behind the newest); without it those users' data cannot be opened."
            )

    async def run(self, progress: Callable[[int, int], None]) -> int:
        """Re-wrap all that an older master key wrapped; returns how many. Safe to run twice at once, or again.

        `progress(done, total)` is called after each batch. Raises `MasterKeyMissing`.
        """
        await self.check()
        total = sum(count for key_id, count in (await self.in_use()).items() if key_id != self._master_keys.first_id)
        done = 0
        while batch := await self._rewrap_batch():
            done += batch
            progress(done, max(done, total))
        return done

    async def _rewrap_batch(self) -> int:
        async with self._system.begin() as session:
            rows = await self._claim(session)
            for row in rows:
                data_key = self._master_keys.unwrap(
                    row.user_id, row.version, WrappedKey(row.master_key_id, row.wrapped_key)
                )
                wrapped = self._master_keys.wrap(row.user_id, row.version, data_key)
                row.master_key_id, row.wrapped_key = wrapped.master_key_id, wrapped.wrapped
            return len(rows)

    async def _claim(self, session: AsyncSession) -> list[UserKey]:
        """A batch nobody else is re-wrapping. A row an erasure holds is waited for: skipping it could leave it behind."""
        statement = (
            select(UserKey)
            .where(UserKey.master_key_id != self._master_keys.first_id)
            .order_by(UserKey.user_id, UserKey.version)
            .limit(BATCH)
            .with_for_update()
        )
        return list((await session.scalars(statement)).all())
