"""Memories as their user sees them: in lists, by meaning, one with its history, all."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, func, literal, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.memory import payloads
from app.memory.gathering import MOST_ASKED_BY
from app.memory.models import Memory, MemoryTurn, MemoryVersion
from app.memory.names import slot_of
from app.memory.payloads import Payload
from app.memory.records import TIERS, Remembered, Source, Tier, Version
from app.memory.stores import Stores

OPENED_AT_ONCE = 50  # about a millisecond; then others have their turn
READ_AT_ONCE = 100
_COLUMNS = (
    Memory.id,
    Memory.tier,
    Memory.payload,
    Memory.confidence,
    Memory.pinned,
    Memory.mentions,
    Memory.created_at,
    Memory.updated_at,
    Memory.written_by,
)
_VERSION_COLUMNS = (
    MemoryVersion.id,
    MemoryVersion.memory_id,
    MemoryVersion.payload,
    MemoryVersion.written_by,
    MemoryVersion.why,
    MemoryVersion.valid_from,
    MemoryVersion.replaced_at,
)
_NEAR = "SELECT * FROM memory_near($1, $2, $3, $4, $5, $6, $7)"


async def page(stores: Stores, user_id: UUID, tier: Tier, *, offset: int, limit: int) -> tuple[list[Remembered], int]:
    """Newest first, and how many there are."""
    mine = select(Memory).where(Memory.user_id == user_id, Memory.tier == tier)
    async with stores.db.of(user_id) as session:
        total = await session.scalar(select(func.count()).select_from(mine.subquery())) or 0
        newest_first = mine.order_by(Memory.updated_at.desc(), Memory.id).offset(offset).limit(limit)
        return await _remembered(stores, session, user_id, newest_first), total


async def nearest(stores: Stores, user_id: UUID, query: str, *, tiers: Sequence[Tier], limit: int) -> list[Remembered]:
    """By meaning, nearest first. Raises the errors of `app.llm.failures` when the query cannot be embedded."""
    keys = await stores.keys(user_id)
    (near,) = await stores.vectors.of(keys, [query[:MOST_ASKED_BY]])
    limits = stores.limits
    among = max(limits.among, 4 * limit)
    rows = await stores.db.hot_rows(_NEAR, user_id, near.space, near.numbers, limit, among, limits.floor, list(tiers))
    scores: dict[UUID, float] = {row["id"]: row["score"] for row in rows}
    if not scores:
        return []
    async with stores.db.of(user_id) as session:
        theirs = select(Memory).where(Memory.user_id == user_id, Memory.id.in_(scores))
        found = await _remembered(stores, session, user_id, theirs, scores)
    return sorted(found, key=lambda each: -(each.score or 0))


async def recalled(stores: Stores, user_id: UUID, query: str) -> list[Remembered]:
    """What the assistant looks for in all tiers; what is found was of use, and is dropped later than the rest."""
    found = await nearest(stores, user_id, query, tiers=TIERS, limit=stores.limits.near)
    if found:
        used = update(Memory).where(Memory.user_id == user_id, Memory.id.in_([each.id for each in found]))
        async with stores.db.of(user_id) as session:
            await session.execute(used.values(used_at=stores.clock.now()))
    return found


async def one(stores: Stores, user_id: UUID, tier: Tier, memory_id: UUID) -> tuple[Remembered, list[Version]]:
    """With its history, newest first. Raises `NotFound`."""
    async with stores.db.of(user_id) as session:
        wanted = of(user_id, tier, memory_id)
        found = await _remembered(stores, session, user_id, wanted)
        if not found:
            raise NotFound("There is no such memory.")
        return found[0], (await _versions(stores, session, user_id, found, wanted))[memory_id]


async def alone(stores: Stores, user_id: UUID, tier: Tier, memory_id: UUID) -> Remembered:
    """Without its history. Raises `NotFound`."""
    async with stores.db.of(user_id) as session:
        found = await _remembered(stores, session, user_id, of(user_id, tier, memory_id))
    if not found:
        raise NotFound("There is no such memory.")
    return found[0]


async def core_id(stores: Stores, user_id: UUID, key: str) -> UUID:
    """Raises `NotFound`."""
    keys = await stores.keys(user_id)
    named = select(Memory.id).where(
        Memory.user_id == user_id, Memory.tier == "core", Memory.slot == slot_of(keys, "core", key)
    )
    async with stores.db.of(user_id) as session:
        memory_id = await session.scalar(named)
    if memory_id is None:
        raise NotFound("There is no such memory.")
    return memory_id


async def everything(stores: Stores, user_id: UUID) -> list[tuple[Remembered, list[Version]]]:
    """Oldest first. Sorted once and read through a cursor: nobody waits while a hundred thousand are opened. What does not
    open is named, and left out of histories."""
    all_of_it = select(Memory.id).where(Memory.user_id == user_id).order_by(Memory.created_at, Memory.id)
    found: list[tuple[Remembered, list[Version]]] = []
    async with stores.db.of(user_id) as session:
        in_order = await session.stream_scalars(all_of_it, execution_options={"yield_per": READ_AT_ONCE})
        async for ids in in_order.partitions():
            these = select(Memory).where(Memory.user_id == user_id, Memory.id == any_(literal(ids, ARRAY(Uuid()))))
            in_turn = these.order_by(Memory.created_at, Memory.id)
            some = await _remembered(stores, session, user_id, in_turn, leave_out=True)
            versions = await _versions(stores, session, user_id, some, these, leave_out=True)
            found += [(each, versions[each.id]) for each in some]
    return found


def of(user_id: UUID, tier: Tier, memory_id: UUID) -> Select[Memory]:
    return select(Memory).where(Memory.user_id == user_id, Memory.tier == tier, Memory.id == memory_id)


async def _remembered(
    stores: Stores,
    session: AsyncSession,
    user_id: UUID,
    wanted: Select[Memory],
    scores: dict[UUID, float] | None = None,
    *,
    leave_out: bool = False,
) -> list[Remembered]:
    """`leave_out`: the words of what does not open. Else raises `CannotOpen`.

    Plain columns: of thousands of rows, mapped objects take longer to make than to open."""
    rows = (await session.execute(wanted.with_only_columns(*_COLUMNS))).all()
    keys = await stores.vault.of(session, user_id)
    runs = await _runs(session, user_id, wanted) if rows else {}
    found = []
    for number, row in enumerate(rows):
        if number % OPENED_AT_ONCE == 0:
            await asyncio.sleep(0)
        opened = payloads.readable if leave_out else payloads.opened
        payload = await opened(keys, row.tier, row.id, row.payload)
        found.append(_revealed(row, payload, runs.get(row.id, ()), (scores or {}).get(row.id)))
    return found


def _revealed(row: Any, payload: Payload | None, runs: tuple[UUID, ...], score: float | None) -> Remembered:
    said = payload or {}
    return Remembered(
        id=row.id,
        tier=row.tier,
        text=payloads.text_of(row.tier, payload) if payload is not None else "",
        is_readable=payload is not None,
        key=said.get("key"),
        entity_type=said.get("entity_type"),
        entity_id=said.get("entity_id"),
        grounds=said.get("source"),
        confidence=row.confidence,
        score=score,
        pinned=row.pinned,
        mentions=row.mentions,
        created_at=row.created_at,
        updated_at=row.updated_at,
        source=Source(row.written_by, runs),
    )


async def _runs(session: AsyncSession, user_id: UUID, wanted: Select[Memory]) -> dict[UUID, tuple[UUID, ...]]:
    in_order = func.array_agg(aggregate_order_by(MemoryTurn.run_id, MemoryTurn.at, MemoryTurn.run_id))
    theirs = MemoryTurn.memory_id.in_(wanted.with_only_columns(Memory.id))
    said = select(MemoryTurn.memory_id, in_order).where(MemoryTurn.user_id == user_id, theirs)
    return {row[0]: tuple(row[1]) for row in await session.execute(said.group_by(MemoryTurn.memory_id))}


async def _versions(
    stores: Stores,
    session: AsyncSession,
    user_id: UUID,
    memories: Iterable[Remembered],
    wanted: Select[Memory],
    *,
    leave_out: bool = False,
) -> dict[UUID, list[Version]]:
    """`leave_out`: what does not open. Else raises `CannotOpen`."""
    tiers = {each.id: each.tier for each in memories}
    earlier: dict[UUID, list[Version]] = {memory_id: [] for memory_id in tiers}
    of_these = MemoryVersion.memory_id.in_(wanted.with_only_columns(Memory.id))
    theirs = select(*_VERSION_COLUMNS).where(MemoryVersion.user_id == user_id, of_these)
    keys = await stores.vault.of(session, user_id)
    rows = (await session.execute(theirs.order_by(MemoryVersion.replaced_at.desc(), MemoryVersion.id))).all()
    for number, row in enumerate(rows):
        if number % OPENED_AT_ONCE == 0:
            await asyncio.sleep(0)
        tier = tiers[row.memory_id]
        opened = payloads.readable_version if leave_out else payloads.opened_version
        payload = await opened(keys, tier, row.id, row.payload)
        if payload is not None:
            said = payloads.text_of(tier, payload)
            earlier[row.memory_id].append(Version(said, row.written_by, row.why, row.valid_from, row.replaced_at))
    return earlier
