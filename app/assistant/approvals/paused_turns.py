"""Turns that wait for an approval: sealed, so that any process can go on with them."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.assistant.approvals.models import PausedTurn
from app.keys.vault import KeyVault
from app.kit.clock import Clock
from app.kit.crypto import Place
from app.kit.db import Database


class PausedTurns:
    def __init__(self, db: Database, vault: KeyVault, clock: Clock) -> None:
        self._db, self._vault, self._clock = db, vault, clock

    async def keep(self, session: AsyncSession, user_id: UUID, run_id: UUID, state: bytes) -> None:
        """Keep what a run needs to go on, in the transaction in which it begins to wait; a later wait replaces it."""
        keys = await self._vault.of(session, user_id)
        kept = {"state": await keys.seal_bytes(_place(run_id), state), "created_at": self._clock.now()}
        statement = insert(PausedTurn).values(run_id=run_id, user_id=user_id, **kept)
        mine = PausedTurn.user_id == user_id
        await session.execute(statement.on_conflict_do_update(index_elements=["run_id"], set_=kept, where=mine))

    async def load(self, user_id: UUID, run_id: UUID) -> bytes | None:
        """None when nothing is kept."""
        mine = (PausedTurn.user_id == user_id) & (PausedTurn.run_id == run_id)
        async with self._db.of(user_id) as session:
            sealed = await session.scalar(select(PausedTurn.state).where(mine))
            if sealed is None:
                return None
            keys = await self._vault.of(session, user_id)
        return await keys.open_bytes(_place(run_id), sealed)

    async def drop(self, session: AsyncSession, user_id: UUID, run_id: UUID) -> None:
        """The run goes on, or has ended."""
        mine = (PausedTurn.user_id == user_id) & (PausedTurn.run_id == run_id)
        await session.execute(delete(PausedTurn).where(mine))


def _place(run_id: UUID) -> Place:
    return Place("paused_turns", "state", run_id)
