"""What its user has forgotten or corrected is struck off: a turn that was said before must not bring it back.

Such a turn may wait in the inbox, or still be under way. Names are keyed hashes (`app.memory.names`): of a tier, a core key,
a session, or of what a memory has said. They are of no use once no such turn can be left, and go then.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.memory.models import MemoryStruck


async def strike(session: AsyncSession, user_id: UUID, names: Iterable[bytes], at: datetime) -> None:
    rows = [{"user_id": user_id, "name": name, "struck_at": at} for name in sorted(set(names))]
    if rows:
        struck = insert(MemoryStruck).values(rows)
        latest = {"struck_at": struck.excluded.struck_at}
        await session.execute(struck.on_conflict_do_update(index_elements=["user_id", "name"], set_=latest))


async def struck_since(session: AsyncSession, user_id: UUID, at: datetime) -> frozenset[bytes]:
    """What must not be written of a turn that was said then."""
    since = select(MemoryStruck.name).where(MemoryStruck.user_id == user_id, MemoryStruck.struck_at >= at)
    return frozenset((await session.scalars(since)).all())
