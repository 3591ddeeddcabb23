"""Is memory on? It is, until its user switches it off."""

from uuid import UUID

from sqlalchemy import delete, select, update

from app.memory.models import InboxEntry, MemorySettings
from app.memory.stores import Stores
from app.memory.writing import writers_lock


async def is_on(stores: Stores, user_id: UUID) -> bool:
    async with stores.db.of(user_id) as session:
        enabled = await session.scalar(select(MemorySettings.enabled).where(MemorySettings.user_id == user_id))
    return enabled is not False


async def switch(stores: Stores, user_id: UUID, *, enabled: bool) -> None:
    """Off: no turn is told anything and none is remembered, not even those that wait to be; what is there stays, until it
    is forgotten."""
    async with stores.db.of(user_id) as session:
        await writers_lock(session, user_id)
        await session.execute(update(MemorySettings).where(MemorySettings.user_id == user_id).values(enabled=enabled))
        if not enabled:
            await session.execute(delete(InboxEntry).where(InboxEntry.user_id == user_id))
