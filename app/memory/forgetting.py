"""Forgetting: gone from lists, vectors and the next turn when the transaction ends, with all that was made from it."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlalchemy import ARRAY, Uuid, any_, delete, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.kit.crypto import CannotOpen, KeyRing, Place
from app.memory import payloads
from app.memory.deriving import drop_derived
from app.memory.embedding import embed_later
from app.memory.listing import of
from app.memory.models import InboxEntry, Memory, MemoryTurn, MemoryVersion
from app.memory.names import name_of_text, name_of_tier
from app.memory.records import TIERS, Tier
from app.memory.stores import Stores
from app.memory.striking import strike
from app.memory.writing import writers_lock

DELETED_AT_ONCE = 5_000  # memories, with all that hangs on them: about half a second

log = structlog.stdlib.get_logger()


async def forget(stores: Stores, user_id: UUID, tier: Tier, memory_id: UUID) -> None:
    """Raises `NotFound`."""
    async with stores.db.of(user_id) as session:
        await writers_lock(session, user_id)
        row = await session.scalar(of(user_id, tier, memory_id))
        if row is None:
            raise NotFound("There is no such memory.")
        keys = await stores.vault.of(session, user_id)
        await strike(session, user_id, await names_of(session, keys, row), stores.clock.now())
        await _leave_out(session, user_id, memory_id)
        await drop_derived(session, keys, user_id, [memory_id])
        await _delete(session, user_id, [memory_id])
        await embed_later(session, user_id)


async def forget_all(stores: Stores, user_id: UUID, tier: Tier | None) -> int:
    """A tier, or everything. Returns how many memories are gone."""
    mine = select(Memory.id).where(Memory.user_id == user_id)
    async with stores.db.of(user_id) as session:
        await writers_lock(session, user_id)
        keys = await stores.vault.of(session, user_id)
        forgotten = TIERS if tier is None else (tier,)
        await strike(session, user_id, [name_of_tier(keys, each) for each in forgotten], stores.clock.now())
        if tier is None:
            await session.execute(delete(InboxEntry).where(InboxEntry.user_id == user_id))
        else:
            mine = mine.where(Memory.tier == tier)
        ids = (await session.scalars(mine)).all()
        if tier is not None:  # else what is derived goes with the rest
            await drop_derived(session, keys, user_id, ids)
        await _delete(session, user_id, ids)
        await embed_later(session, user_id)
        return len(ids)


async def _delete(session: AsyncSession, user_id: UUID, ids: Sequence[UUID]) -> None:
    """In pieces: no statement may take as long as it takes to delete everything of somebody who has told much."""
    for start in range(0, len(ids), DELETED_AT_ONCE):
        theirs = Memory.id == any_(literal(list(ids[start : start + DELETED_AT_ONCE]), ARRAY(Uuid())))
        await session.execute(delete(Memory).where(Memory.user_id == user_id, theirs))


async def _leave_out(session: AsyncSession, user_id: UUID, memory_id: UUID) -> None:
    """Turns in which it was said, and which still wait, are not remembered at all: what else is made of them could hold it
    in other words."""
    said_in = select(MemoryTurn.run_id).where(MemoryTurn.user_id == user_id, MemoryTurn.memory_id == memory_id)
    await session.execute(delete(InboxEntry).where(InboxEntry.user_id == user_id, InboxEntry.run_id.in_(said_in)))


async def names_of(session: AsyncSession, keys: KeyRing, row: Memory) -> list[bytes]:
    """What a memory is known by: its key or session, and all that it says and has said. One that does not open is known by
    the former only: it can be forgotten all the same."""
    names = [row.slot] if row.slot is not None else []
    if row.tier == "episodic":
        return names
    tier: Tier = row.tier  # type: ignore[assignment]  # the table's own check
    theirs = select(MemoryVersion).where(MemoryVersion.user_id == row.user_id, MemoryVersion.memory_id == row.id)
    try:
        said = [await payloads.opened(keys, row.id, row.payload)]
        for each in await session.scalars(theirs):
            place = Place("memory_versions", "payload", each.id)
            said.append(payloads.from_bytes(await keys.open_bytes(place, each.payload)))
    except CannotOpen:
        log.exception("memory_unreadable", memory_id=str(row.id))
        return names
    return [*names, *(name_of_text(keys, payloads.text_of(tier, each)) for each in said)]
