"""Writing a fact down: new, said again, or in place of what it contradicts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import structlog
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.crypto import KeyRing
from app.memory import payloads
from app.memory.correcting import MemoryFull, write_core
from app.memory.gathering import MOST_ASKED_BY
from app.memory.inbox import Waiting
from app.memory.limits import MemoryLimits
from app.memory.models import Memory, MemoryTurn
from app.memory.names import core_key, name_of_text, name_of_tier, normal, slot_of
from app.memory.payloads import Payload
from app.memory.ports import Fact, Known
from app.memory.records import Tier, Why
from app.memory.stores import Stores
from app.memory.vectors import Vector
from app.memory.writing import NewMemory, add, remember_version, rewrite, say_again

_NEAR = text("""
    SELECT id FROM memory_near(:whose, :space, CAST(CAST(:near AS text) AS halfvec), 1, :among,
                               CAST(:floor AS real), ARRAY['associative'])
""")
_KNOWN = 12  # memories an extractor compares a turn with
_KNOWN_NEAR = text("""
    SELECT m.id, m.tier, m.payload
    FROM memory_near(:whose, :space, CAST(CAST(:near AS text) AS halfvec), :many, :among,
                     CAST(:floor AS real), ARRAY['core', 'associative']) n
    JOIN memories m ON m.id = n.id AND m.user_id = :whose
    ORDER BY n.score DESC, m.id
""")

log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class FactToWrite:
    tier: Tier
    payload: Payload
    replaces: tuple[UUID, ...]
    vector: Vector | None = None

    @classmethod
    def of(cls, fact: Fact, limits: MemoryLimits) -> "FactToWrite":
        """Raises `ValueError` for a key that cannot be one."""
        if fact.key is not None:
            value = fact.text[: limits.value_characters]
            return cls("core", payloads.core(core_key(fact.key), value), fact.replaces)
        content = fact.text[: limits.content_characters]
        return cls("associative", payloads.associative(content, fact.entity_type, fact.entity_id), fact.replaces)

    def at(self, vector: Vector | None) -> "FactToWrite":
        return replace(self, vector=vector)

    @property
    def name(self) -> str:
        """Its key, or what it says."""
        return str(self.payload["key"]) if self.tier == "core" else payloads.text_of(self.tier, self.payload)


def to_write(facts: Sequence[Fact], limits: MemoryLimits) -> list[FactToWrite]:
    """Without those whose keys cannot be keys."""
    made = []
    for fact in facts:
        try:
            made.append(FactToWrite.of(fact, limits))
        except ValueError:
            log.info("fact_left_out", reason="key")
    return made


async def known_near(stores: Stores, user_id: UUID, keys: KeyRing, message: str) -> list[Known]:
    """What may be about the same, nearest first. Nothing when the embedding model does not answer."""
    (near,) = await stores.vectors_of(keys, [message[:MOST_ASKED_BY]])
    if near is None:
        return []
    limits = stores.limits
    values = {
        "whose": user_id,
        "space": near.space,
        "near": near.literal,
        "many": _KNOWN,
        "among": limits.among,
        "floor": limits.floor,
    }
    async with stores.db.of(user_id) as session:
        rows = (await session.execute(_KNOWN_NEAR, values)).all()
    found = [(row, await payloads.opened(keys, row.id, row.payload)) for row in rows]
    return [Known(row.id, row.tier, said.get("key"), payloads.text_of(row.tier, said)) for row, said in found]


async def write_fact(
    stores: Stores,
    session: AsyncSession,
    keys: KeyRing,
    user_id: UUID,
    waiting: Waiting,
    fact: FactToWrite,
    struck: frozenset[bytes],
) -> bool:
    """Under the writers' lock. `struck`: what was forgotten after it was said. False when its user does not want it
    remembered: they have forgotten it since, or corrected what it would replace."""
    slot = slot_of(keys, "core", fact.name) if fact.tier == "core" else None
    names = {name_of_tier(keys, fact.tier), name_of_text(keys, payloads.text_of(fact.tier, fact.payload)), slot}
    if not names.isdisjoint(struck):
        return False
    new = NewMemory(
        user_id=user_id,
        tier=fact.tier,
        payload=fact.payload,
        slot=slot,
        written_by="extractor",
        at=waiting.said.at,
        vector=fact.vector,
        runs=(waiting.said.run_id,),
    )
    if new.tier == "core":
        return await _write_core(stores, session, keys, new, fact.replaces)
    return await _write_associative(stores, session, keys, new, fact.replaces)


async def _write_core(
    stores: Stores, session: AsyncSession, keys: KeyRing, new: NewMemory, replaces: tuple[UUID, ...]
) -> bool:
    there = select(Memory).where(Memory.user_id == new.user_id, Memory.tier == "core", Memory.slot == new.slot)
    row = await session.scalar(there)
    if row is not None and row.updated_at > new.at:
        return not await _is_corrected(session, row, new)
    try:
        memory_id = await write_core(session, keys, stores.limits, new)
    except MemoryFull:
        log.info("core_memory_full", user_id=str(new.user_id))
        return True
    await _retire(session, keys, new, replaces, into=memory_id)
    return True


async def _is_corrected(session: AsyncSession, row: Memory, new: NewMemory) -> bool:
    """Did its user write over what was said in this turn? Else it is merely newer: the assistant may have written it down
    in this very turn."""
    said_here = select(MemoryTurn.run_id).where(MemoryTurn.memory_id == row.id, MemoryTurn.run_id.in_(new.runs))
    return row.written_by == "user" and await session.scalar(said_here) is None


async def _write_associative(
    stores: Stores, session: AsyncSession, keys: KeyRing, new: NewMemory, replaces: tuple[UUID, ...]
) -> bool:
    why: Why = "replaced"
    row = await _there(session, new.user_id, replaces)
    if row is None:
        row, why = await _same(stores, session, new), "merged"
    if row is None:
        await add(session, keys, new)
        return True
    if row.updated_at > new.at:
        return not await _is_corrected(session, row, new)
    await _say_anew(session, keys, row, new, why)
    await _retire(session, keys, new, tuple(each for each in replaces if each != row.id), into=row.id)
    return True


async def _retire(
    session: AsyncSession, keys: KeyRing, new: NewMemory, replaced: tuple[UUID, ...], *, into: UUID
) -> None:
    """What does not hold any more stands in the history of what holds now, and nowhere else."""
    if not replaced:
        return
    mine = select(Memory).where(Memory.user_id == new.user_id, Memory.tier == "associative", Memory.id.in_(replaced))
    for row in (await session.scalars(mine)).all():
        if row.pinned or row.written_by == "user" or row.updated_at > new.at:
            continue
        said = payloads.text_of("associative", await payloads.opened(keys, row.id, row.payload))
        was = payloads.with_text(new.tier, new.payload, said)
        await remember_version(session, keys, row, was, of=into, why="replaced", at=new.at)
        await session.delete(row)


async def _say_anew(session: AsyncSession, keys: KeyRing, row: Memory, new: NewMemory, why: Why) -> None:
    """Of two wordings the later one holds: what looks the same may differ in a date."""
    before = await payloads.opened(keys, row.id, row.payload)
    row.used_at = new.at
    if normal(before["content"]) != normal(new.payload["content"]):
        await rewrite(session, keys, row, new.payload, why=why, written_by="extractor", at=new.at, vector=new.vector)
    if await say_again(session, new.user_id, row.id, new.runs, new.at):
        row.mentions += 1


async def _there(session: AsyncSession, user_id: UUID, ids: tuple[UUID, ...]) -> Memory | None:
    """The newest of those that are replaced; the others stay, and are found to be older."""
    if not ids:
        return None
    mine = select(Memory).where(Memory.user_id == user_id, Memory.tier == "associative", Memory.id.in_(ids))
    return await session.scalar(mine.order_by(Memory.updated_at.desc()).limit(1))


async def _same(stores: Stores, session: AsyncSession, new: NewMemory) -> Memory | None:
    """The memory that says almost the same, if there is one."""
    if new.vector is None:
        return None
    limits = stores.limits
    found = await session.execute(
        _NEAR,
        {
            "whose": new.user_id,
            "space": new.vector.space,
            "near": new.vector.literal,
            "among": limits.among,
            "floor": limits.same,
        },
    )
    row = found.first()
    return await session.get(Memory, row.id) if row is not None else None
