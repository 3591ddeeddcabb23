"""Writing memories down, inside the transaction of whoever decides that it is to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.crypto import KeyRing
from app.memory import payloads
from app.memory.models import Memory, MemoryEvidence, MemorySettings, MemoryTurn, MemoryVersion
from app.memory.payloads import Payload
from app.memory.records import Tier, Why, WrittenBy
from app.memory.vectors import Vector


@dataclass(frozen=True, kw_only=True)
class NewMemory:
    """Without a `vector` it is found by meaning once `app.memory.embedding` has been over it."""

    user_id: UUID
    tier: Tier
    payload: Payload
    written_by: WrittenBy
    at: datetime
    slot: bytes | None = None
    vector: Vector | None = None
    confidence: float | None = None
    runs: tuple[UUID, ...] = ()
    evidence: tuple[UUID, ...] = ()  # the memories it was derived from


async def writers_lock(session: AsyncSession, user_id: UUID) -> bool:
    """The first thing in every transaction that writes a user's memory: one at a time. Is memory on?"""
    mine = insert(MemorySettings).values(user_id=user_id)
    locked = mine.on_conflict_do_update(index_elements=["user_id"], set_={"user_id": mine.excluded.user_id})
    return bool(await session.scalar(locked.returning(MemorySettings.enabled)))


async def add(session: AsyncSession, keys: KeyRing, new: NewMemory) -> UUID:
    memory_id = uuid4()
    row = Memory(
        id=memory_id,
        user_id=new.user_id,
        tier=new.tier,
        slot=new.slot,
        payload=await payloads.sealed(keys, memory_id, new.payload),
        size=payloads.size_of(new.tier, new.payload),
        confidence=new.confidence,
        written_by=new.written_by,
        created_at=new.at,
        updated_at=new.at,
        used_at=new.at,
    )
    session.add(row)
    await session.flush()
    if new.vector is not None:
        await place(session, new.user_id, memory_id, new.tier, new.vector)
    await say_again(session, new.user_id, memory_id, new.runs, new.at)
    for evidence_id in new.evidence:
        session.add(MemoryEvidence(memory_id=memory_id, evidence_id=evidence_id, user_id=new.user_id))
    return memory_id


async def rewrite(
    session: AsyncSession,
    keys: KeyRing,
    row: Memory,
    payload: Payload,
    *,
    why: Why,
    written_by: WrittenBy,
    at: datetime,
    vector: Vector | None,
) -> None:
    """Say it in these words from now on; what it said before becomes its history."""
    was = await payloads.opened(keys, row.tier, row.id, row.payload)
    await remember_version(session, keys, row, was, of=row.id, why=why, at=at)
    await put(session, keys, row, payload, at=at, vector=vector)
    row.written_by = written_by
    await session.execute(_OLDER_VERSIONS, {"memory": row.id, "whose": row.user_id, "most": MOST_VERSIONS})


async def remember_version(
    session: AsyncSession, keys: KeyRing, row: Memory, was: Payload, *, of: UUID, why: Why, at: datetime
) -> None:
    """What `row` says until now goes into the history of the memory `of`, in that one's shape."""
    version_id = uuid4()
    session.add(
        MemoryVersion(
            id=version_id,
            user_id=row.user_id,
            memory_id=of,
            payload=await payloads.sealed_version(keys, version_id, was),
            written_by=row.written_by,
            why=why,
            valid_from=row.updated_at,
            replaced_at=at,
        )
    )


async def put(
    session: AsyncSession, keys: KeyRing, row: Memory, payload: Payload, *, at: datetime, vector: Vector | None
) -> None:
    """As `rewrite`, without a history."""
    tier: Tier = row.tier  # type: ignore[assignment]  # the table's own check
    row.payload = await payloads.sealed(keys, row.id, payload)
    row.size = payloads.size_of(tier, payload)
    row.updated_at = row.used_at = at
    if vector is None:
        await misplace(session, row.user_id, [row.id])
    else:
        await place(session, row.user_id, row.id, tier, vector)


async def say_again(session: AsyncSession, user_id: UUID, memory_id: UUID, runs: Sequence[UUID], at: datetime) -> bool:
    """These turns are sources of it, too. False when they all were before."""
    if not runs:
        return True
    rows = [{"memory_id": memory_id, "run_id": run_id, "user_id": user_id, "at": at} for run_id in runs]
    added = insert(MemoryTurn).values(rows).on_conflict_do_nothing().returning(MemoryTurn.run_id)
    return bool((await session.scalars(added)).all())


MOST_VERSIONS = 100  # of a memory
_OLDER_VERSIONS = text("""
    DELETE FROM memory_versions WHERE user_id = :whose AND id IN (
        SELECT id FROM memory_versions WHERE memory_id = :memory ORDER BY replaced_at DESC, id OFFSET :most
    )
""")
_PLACE = text("""
    WITH placed AS (
        INSERT INTO memory_vectors (memory_id, user_id, embedding)
        VALUES (:memory, :whose, CAST(CAST(:numbers AS text) AS halfvec(1536)))
        ON CONFLICT (memory_id) DO UPDATE SET embedding = excluded.embedding
        RETURNING memory_id, embedding
    )
    INSERT INTO memory_bits (memory_id, user_id, space, tier, bits)
    SELECT memory_id, :whose, :space, :tier, binary_quantize(embedding)::bit(1536) FROM placed
    ON CONFLICT (memory_id) DO UPDATE SET space = excluded.space, bits = excluded.bits
""")
_MISPLACE = [
    text("DELETE FROM memory_vectors WHERE user_id = :whose AND memory_id = ANY(:ids)"),
    text("DELETE FROM memory_bits WHERE user_id = :whose AND memory_id = ANY(:ids)"),
]


async def place(session: AsyncSession, user_id: UUID, memory_id: UUID, tier: Tier, vector: Vector) -> None:
    """Where it is found by meaning."""
    values = {"memory": memory_id, "whose": user_id, "tier": tier, "space": vector.space, "numbers": vector.literal}
    await session.execute(_PLACE, values)


async def misplace(session: AsyncSession, user_id: UUID, ids: Sequence[UUID]) -> None:
    """It says something else now, and is not found by meaning until that has been embedded."""
    for statement in _MISPLACE:
        await session.execute(statement, {"whose": user_id, "ids": list(ids)})
