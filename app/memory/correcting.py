"""Writing memory on purpose: core memory by key, any memory in words of the user's own, pinning."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Conflict, NotFound
from app.kit.crypto import KeyRing
from app.memory import payloads
from app.memory.deriving import drop_derived
from app.memory.embedding import embed_later
from app.memory.forgetting import delete_all, said_by, strike_off
from app.memory.limits import MemoryLimits
from app.memory.listing import alone, of
from app.memory.models import Memory
from app.memory.names import core_key, normal, slot_of
from app.memory.payloads import Payload
from app.memory.records import Remembered, Tier, Why, WrittenBy
from app.memory.stores import Stores
from app.memory.vectors import Vector
from app.memory.writing import NewMemory, add, put, rewrite, say_again, writers_lock


class MemoryOff(Conflict):
    """The user has switched memory off: nothing new is remembered."""

    code = "memory_off"


class MemoryFull(Conflict):
    """There is no room for another core memory, because all are pinned."""

    code = "memory_full"


async def put_core(
    stores: Stores, user_id: UUID, key: str, value: str, *, written_by: WrittenBy, run_id: UUID | None
) -> Remembered:
    """Create it, or let it say this from now on. The assistant cannot while memory is off: raises `MemoryOff`. Raises
    `MemoryFull`, and `ValueError` for what cannot be a key."""
    keys = await stores.keys(user_id)
    key = core_key(key)
    payload = payloads.core(key, value)
    (vector,) = await stores.vectors_of(keys, [payloads.meaning_of("core", payload)])
    async with stores.db.of(user_id) as session:
        is_on = await writers_lock(session, user_id)
        if not is_on and written_by != "user":
            raise MemoryOff("Memory is switched off.")
        memory_id = await write_core(
            session,
            keys,
            stores.limits,
            NewMemory(
                user_id=user_id,
                tier="core",
                payload=payload,
                slot=slot_of(keys, "core", key),
                written_by=written_by,
                at=stores.clock.now(),
                vector=vector,
                runs=(run_id,) if run_id else (),
            ),
        )
        if vector is None:
            await embed_later(session, user_id)
    return await alone(stores, user_id, "core", memory_id)


async def write_core(session: AsyncSession, keys: KeyRing, limits: MemoryLimits, new: NewMemory) -> UUID:
    """Under the writers' lock. Said again, it is merely confirmed; another value replaces the one before. Raises
    `MemoryFull`."""
    there = select(Memory).where(Memory.user_id == new.user_id, Memory.tier == "core", Memory.slot == new.slot)
    row = await session.scalar(there)
    if row is None:
        await _make_room(session, new.user_id, limits)
        return await add(session, keys, new)
    before = await payloads.readable(keys, row.tier, row.id, row.payload)
    is_users = new.written_by == "user"
    if before is not None and _is_said(before["value"], new.payload["value"], exactly=is_users):
        row.used_at = new.at
        if is_users:  # turns that were said before this must not change it
            row.updated_at = new.at
    else:
        # What was said later does not make an earlier session untrue; what the user corrects never was true.
        if is_users:
            await _take_back(session, keys, limits, row, new.at)
        await _overwrite(session, keys, row, new, is_readable=before is not None)
    if await say_again(session, new.user_id, row.id, new.runs, new.at):
        row.mentions += 1
    return row.id


def _is_said(before: str, value: str, *, exactly: bool) -> bool:
    return before == value or (not exactly and normal(before) == normal(value))


async def _overwrite(session: AsyncSession, keys: KeyRing, row: Memory, new: NewMemory, *, is_readable: bool) -> None:
    """What does not open cannot be kept in the history."""
    if is_readable:
        why: Why = "corrected" if new.written_by == "user" else "replaced"
        await rewrite(session, keys, row, new.payload, why=why, written_by=new.written_by, at=new.at, vector=new.vector)
        return
    row.written_by = new.written_by
    await put(session, keys, row, new.payload, at=new.at, vector=new.vector)


async def _take_back(session: AsyncSession, keys: KeyRing, limits: MemoryLimits, row: Memory, at: datetime) -> None:
    """What it has said until now, wherever else it stands."""
    twins = await strike_off(session, keys, limits, row, await said_by(session, keys, row), at, spares_users=True)
    await drop_derived(session, keys, row.user_id, [row.id, *twins])
    await delete_all(session, row.user_id, twins)


async def _make_room(session: AsyncSession, user_id: UUID, limits: MemoryLimits) -> None:
    """For one more: the oldest used makes way, never a pinned one."""
    mine = (Memory.user_id == user_id) & (Memory.tier == "core")
    there = await session.scalar(select(func.count()).select_from(Memory).where(mine)) or 0
    if there < limits.core_items:
        return
    oldest = select(Memory.id).where(mine, Memory.pinned.is_(False)).order_by(Memory.used_at, Memory.id).limit(1)
    gone = delete(Memory).where(Memory.user_id == user_id, Memory.id.in_(oldest)).returning(Memory.id)
    if await session.scalar(gone) is None:
        raise MemoryFull(f"All {limits.core_items} core memories are pinned. Unpin or delete one first.")


async def correct(
    stores: Stores, user_id: UUID, tier: Tier, memory_id: UUID, *, text: str | None, pinned: bool | None
) -> Remembered:
    """What is None stays. Raises `NotFound`."""
    keys = await stores.keys(user_id)
    vector = await _vector_of(stores, keys, user_id, tier, memory_id, text) if text is not None else None
    async with stores.db.of(user_id) as session:
        await writers_lock(session, user_id)
        row = await session.scalar(of(user_id, tier, memory_id))
        if row is None:
            raise NotFound("There is no such memory.")
        if pinned is not None:
            row.pinned = pinned
        if text is not None:
            await _reword(stores, session, keys, row, tier, text, vector)
    return await alone(stores, user_id, tier, memory_id)


async def _vector_of(
    stores: Stores, keys: KeyRing, user_id: UUID, tier: Tier, memory_id: UUID, text: str
) -> Vector | None:
    async with stores.db.of(user_id) as session:
        row = await session.scalar(of(user_id, tier, memory_id))
    if row is None:
        raise NotFound("There is no such memory.")
    payload: Payload = payloads.with_text(tier, await payloads.opened(keys, row.tier, row.id, row.payload), text)
    return (await stores.vectors_of(keys, [payloads.meaning_of(tier, payload)]))[0]


async def _reword(
    stores: Stores,
    session: AsyncSession,
    keys: KeyRing,
    row: Memory,
    tier: Tier,
    text: str,
    vector: Vector | None,
) -> None:
    now = stores.clock.now()
    before = await payloads.opened(keys, row.tier, row.id, row.payload)
    if payloads.text_of(tier, before) == text:
        row.updated_at = now  # turns that were said before this must not change it
        return
    await _take_back(session, keys, stores.limits, row, now)
    payload = payloads.with_text(tier, before, text)
    await rewrite(session, keys, row, payload, why="corrected", written_by="user", at=now, vector=vector)
    await session.flush()
    await embed_later(session, row.user_id)
