"""Forgetting: gone from lists, vectors and the next turn when the transaction ends, with all that was made from it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, delete, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.kit.crypto import KeyRing, Place
from app.memory import payloads
from app.memory.deriving import drop_derived
from app.memory.embedding import embed_later
from app.memory.listing import of
from app.memory.models import InboxEntry, Memory, MemoryVersion
from app.memory.names import fingerprint
from app.memory.records import Tier
from app.memory.stores import Stores
from app.memory.writing import writers_lock


async def forget(stores: Stores, user_id: UUID, tier: Tier, memory_id: UUID) -> None:
    """Raises `NotFound`."""
    async with stores.db.of(user_id) as session:
        await writers_lock(session, user_id)
        row = await session.scalar(of(user_id, tier, memory_id))
        if row is None:
            raise NotFound("There is no such memory.")
        keys = await stores.vault.of(session, user_id)
        await not_to_come_back(session, user_id, await _names(session, keys, row))
        await _drop(session, keys, user_id, [memory_id])


async def forget_all(stores: Stores, user_id: UUID, tier: Tier | None) -> int:
    """A tier, or everything. Returns how many memories are gone."""
    mine = select(Memory.id).where(Memory.user_id == user_id)
    async with stores.db.of(user_id) as session:
        await writers_lock(session, user_id)
        if tier is None:
            await session.execute(delete(InboxEntry).where(InboxEntry.user_id == user_id))
        else:
            mine = mine.where(Memory.tier == tier)
            await not_to_come_back(session, user_id, [tier])
        ids = (await session.scalars(mine)).all()
        if ids:
            await _drop(session, await stores.vault.of(session, user_id), user_id, ids)
        return len(ids)


async def _drop(session: AsyncSession, keys: KeyRing, user_id: UUID, ids: Sequence[UUID]) -> None:
    await drop_derived(session, keys, user_id, ids)
    theirs = Memory.id == any_(literal(list(ids), ARRAY(Uuid())))
    await session.execute(delete(Memory).where(Memory.user_id == user_id, theirs))
    await embed_later(session, user_id)


async def _names(session: AsyncSession, keys: KeyRing, row: Memory) -> list[str]:
    """What it is known by: its key, its session, or whatever it says and has said."""
    tier: Tier = row.tier  # type: ignore[assignment]  # the table's own check
    payload = await payloads.opened(keys, row.id, row.payload)
    if tier == "core":
        return [fingerprint(keys, tier, payload["key"])]
    if row.slot is not None:
        return [row.slot.hex()]
    said = [payload, *await _earlier(session, keys, row)]
    return [fingerprint(keys, tier, payloads.text_of(tier, each)) for each in said]


async def _earlier(session: AsyncSession, keys: KeyRing, row: Memory) -> list[payloads.Payload]:
    theirs = select(MemoryVersion).where(MemoryVersion.user_id == row.user_id, MemoryVersion.memory_id == row.id)
    return [
        payloads.from_bytes(await keys.open_bytes(Place("memory_versions", "payload", each.id), each.payload))
        for each in await session.scalars(theirs)
    ]


async def not_to_come_back(session: AsyncSession, user_id: UUID, names: Sequence[str]) -> None:
    """Turns that have ended, and wait to be remembered, were before this: they must not bring it back. `names`: tiers,
    fingerprints of memories, slots of sessions in hex."""
    waiting = update(InboxEntry).where(InboxEntry.user_id == user_id)
    await session.execute(waiting.values(without=InboxEntry.without.op("||")(literal(list(names), JSONB()))))
