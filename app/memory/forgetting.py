"""Forgetting: gone from lists, vectors and the next turn when the transaction ends, with all that was made from it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, delete, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.kit.crypto import KeyRing
from app.memory import payloads
from app.memory.deriving import drop_derived
from app.memory.embedding import embed_later
from app.memory.limits import MemoryLimits
from app.memory.listing import of
from app.memory.models import InboxEntry, Memory, MemoryTurn, MemoryVersion
from app.memory.names import name_of_tier, name_of_turn
from app.memory.records import TIERS, Tier
from app.memory.sayings import Saying
from app.memory.stores import Stores
from app.memory.striking import strike
from app.memory.twins import FACTS, twins_of
from app.memory.writing import writers_lock

DELETED_AT_ONCE = 5_000  # memories, with all that hangs on them: about half a second
NAMED_AT_ONCE = 5
_UNDER_WAY = 50  # turns of a user at a time, and more


async def forget(stores: Stores, user_id: UUID, tier: Tier, memory_id: UUID) -> str:
    """With what else says the same. What it said; empty when it does not open. Raises `NotFound`."""
    async with stores.db.of(user_id) as session:
        await writers_lock(session, user_id)
        row = await session.scalar(of(user_id, tier, memory_id))
        if row is None:
            raise NotFound("There is no such memory.")
        keys = await stores.vault.of(session, user_id)
        now, said = stores.clock.now(), await said_by(session, keys, row)
        twins = await strike_off(session, keys, stores.limits, row, said, now)
        if row.slot is not None:
            await strike(session, user_id, [row.slot], now)
        gone = [memory_id, *twins]
        await _leave_out(session, keys, user_id, gone, now)
        await drop_derived(session, keys, user_id, gone)
        await delete_all(session, user_id, gone)
        await embed_later(session, user_id)
        return said[0].text if said else ""


async def strike_off(
    session: AsyncSession,
    keys: KeyRing,
    limits: MemoryLimits,
    row: Memory,
    said: Sequence[Saying],
    at: datetime,
    *,
    spares_users: bool = False,
) -> list[UUID]:
    """All that a memory has `said`, and its twins with all that they have. Returns the ids of these: they must go, with all
    that was derived from them. To be called while the memory is still there."""
    is_fact = row.tier in FACTS
    twins = await twins_of(session, keys, limits, row, said, spares_users=spares_users) if is_fact else []
    names = await _names_of(keys, said)
    for twin in twins:
        names |= await _names_of(keys, await said_by(session, keys, twin))
        names.update([twin.slot] if twin.slot is not None else [])
    await strike(session, row.user_id, names, at)
    return [each.id for each in twins]


async def _names_of(keys: KeyRing, said: Sequence[Saying]) -> set[bytes]:
    names: set[bytes] = set()
    for number, each in enumerate(said):  # a history may be long, and reading a sentence takes a millisecond or two
        if number % NAMED_AT_ONCE == 0:
            await asyncio.sleep(0)
        names |= each.names(keys)
    return names


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
        await delete_all(session, user_id, ids)
        await embed_later(session, user_id)
        return len(ids)


async def delete_all(session: AsyncSession, user_id: UUID, ids: Sequence[UUID]) -> None:
    """In pieces: no statement may take as long as it takes to delete everything of somebody who has told much."""
    for start in range(0, len(ids), DELETED_AT_ONCE):
        theirs = Memory.id == any_(literal(list(ids[start : start + DELETED_AT_ONCE]), ARRAY(Uuid())))
        await session.execute(delete(Memory).where(Memory.user_id == user_id, theirs))


async def _leave_out(session: AsyncSession, keys: KeyRing, user_id: UUID, ids: Sequence[UUID], at: datetime) -> None:
    """Turns in which they were said, and which still wait or are under way, are not remembered at all: what else is made of
    them could hold it in other words."""
    theirs = select(MemoryTurn.run_id, func.max(MemoryTurn.at).label("at")).where(
        MemoryTurn.user_id == user_id, MemoryTurn.memory_id.in_(ids)
    )
    latest = theirs.group_by(MemoryTurn.run_id).order_by(func.max(MemoryTurn.at).desc()).limit(_UNDER_WAY)
    runs = (await session.scalars(latest)).all()
    await strike(session, user_id, [name_of_turn(keys, each) for each in runs], at)
    said_in = theirs.with_only_columns(MemoryTurn.run_id)
    await session.execute(delete(InboxEntry).where(InboxEntry.user_id == user_id, InboxEntry.run_id.in_(said_in)))


async def said_by(session: AsyncSession, keys: KeyRing, row: Memory) -> list[Saying]:
    """What a memory says and has said, the newest first, but for what does not open: it can be forgotten all the same. What
    sessions say is no fact."""
    if row.tier == "episodic":
        return []
    tier: Tier = row.tier  # type: ignore[assignment]  # the table's own check
    theirs = select(MemoryVersion).where(MemoryVersion.user_id == row.user_id, MemoryVersion.memory_id == row.id)
    earlier = (await session.scalars(theirs.order_by(MemoryVersion.replaced_at.desc()))).all()
    opened = [
        await payloads.readable(keys, tier, row.id, row.payload),
        *[await payloads.readable_version(keys, tier, each.id, each.payload) for each in earlier],
    ]
    return [Saying.of(tier, each) for each in opened if each is not None]
