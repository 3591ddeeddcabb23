"""Writing a fact down: new, said again, or in place of what it contradicts."""

from dataclasses import replace
from uuid import UUID

import structlog
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.crypto import KeyRing
from app.memory import payloads
from app.memory.correcting import MemoryFull, write_core
from app.memory.facts import FactToWrite
from app.memory.inbox import Waiting
from app.memory.limits import MemoryLimits
from app.memory.models import Memory
from app.memory.names import name_of_tier, normal, slot_of
from app.memory.records import Tier, Why
from app.memory.sayings import Saying
from app.memory.twins import CoreSaid
from app.memory.vectors import Vector
from app.memory.writing import NewMemory, add, remember_version, rewrite, say_again

_NEAR = text("""
    SELECT id FROM memory_near(:whose, :space, CAST(CAST(:near AS text) AS halfvec), :many, :among,
                               CAST(:floor AS real), ARRAY[:tier])
""")
_CORE_NEAR = 5

log = structlog.stdlib.get_logger()


class FactWriter:
    """One turn's, under the writers' lock."""

    def __init__(
        self,
        session: AsyncSession,
        keys: KeyRing,
        limits: MemoryLimits,
        user_id: UUID,
        waiting: Waiting,
        struck: frozenset[bytes],
    ) -> None:
        """`struck`: what was forgotten or corrected after the turn was said, or in it."""
        self._session, self._keys, self._limits = session, keys, limits
        self._user_id, self._waiting, self._struck = user_id, waiting, struck
        self._core = CoreSaid(session, keys, user_id)

    async def write(self, fact: FactToWrite) -> bool:
        """False when its user does not want it remembered: they have forgotten it since, or corrected what it would
        replace."""
        saying = fact.saying
        slot = slot_of(self._keys, "core", saying.key) if fact.tier == "core" else None
        if not self._struck.isdisjoint({name_of_tier(self._keys, fact.tier), slot, *saying.names(self._keys)}):
            return False
        forgot = (Saying("core", each.key, each.value) for each in self._waiting.said.forgot if each.value)
        if any(_brings_back(saying, each) for each in forgot):
            return False
        new = NewMemory(
            user_id=self._user_id,
            tier=fact.tier,
            payload=fact.payload,
            slot=slot,
            written_by="extractor",
            at=self._waiting.said.at,
            vector=fact.vector,
            runs=(self._waiting.said.run_id,),
        )
        if fact.tier == "core":
            return await self._write_core(new, fact.replaces)
        said_in_core = await self._in_core(fact)
        if said_in_core is not None:
            await self._mention(said_in_core, new, fact.replaces)
            return True
        return await self._write_associative(new, fact.replaces)

    async def _write_core(self, new: NewMemory, replaces: tuple[UUID, ...]) -> bool:
        there = select(Memory).where(Memory.user_id == new.user_id, Memory.tier == "core", Memory.slot == new.slot)
        row = await self._session.scalar(there)
        if row is not None and row.updated_at > new.at:
            return not await self._is_corrected(row, new)
        try:
            memory_id = await write_core(self._session, self._keys, self._limits, new)
        except MemoryFull:
            log.info("core_memory_full", user_id=str(new.user_id))
            return True
        await self._retire(new, replaces, into=memory_id)
        return True

    async def _is_corrected(self, row: Memory, new: NewMemory) -> bool:
        """Did its user write something else over what was said in this turn? Else it is merely newer: the assistant may
        have written it down in this very turn."""
        if row.written_by != "user":
            return False
        payload = await payloads.readable(self._keys, row.tier, row.id, row.payload)
        return payload is None or normal(payloads.text_of(new.tier, payload)) != normal(
            payloads.text_of(new.tier, new.payload)
        )

    async def _in_core(self, fact: FactToWrite) -> Memory | None:
        near = await self._near(fact.vector, "core", _CORE_NEAR)
        return await self._core.saying(fact.saying, run_id=self._waiting.said.run_id, near=near)

    async def _mention(self, row: Memory, new: NewMemory, replaces: tuple[UUID, ...]) -> None:
        row.used_at = new.at
        if await say_again(self._session, new.user_id, row.id, new.runs, new.at):
            row.mentions += 1
        payload = await payloads.opened(self._keys, row.tier, row.id, row.payload)
        await self._retire(replace(new, tier="core", payload=payload), replaces, into=row.id)

    async def _write_associative(self, new: NewMemory, replaces: tuple[UUID, ...]) -> bool:
        why: Why = "replaced"
        row = await self._there(replaces)
        if row is None:
            row, why = await self._same(new), "merged"
        if row is None:
            await add(self._session, self._keys, new)
            return True
        if row.updated_at > new.at:
            return not await self._is_corrected(row, new)
        await self._say_anew(row, new, why)
        await self._retire(new, tuple(each for each in replaces if each != row.id), into=row.id)
        return True

    async def _retire(self, new: NewMemory, replaced: tuple[UUID, ...], *, into: UUID) -> None:
        """What does not hold any more stands in the history of what holds now, and nowhere else."""
        if not replaced:
            return
        mine = select(Memory).where(Memory.user_id == new.user_id, Memory.tier == "associative")
        for row in (await self._session.scalars(mine.where(Memory.id.in_(replaced)))).all():
            if row.pinned or row.written_by == "user" or row.updated_at > new.at:
                continue
            said = payloads.text_of("associative", await payloads.opened(self._keys, row.tier, row.id, row.payload))
            was = payloads.with_text(new.tier, new.payload, said)
            await remember_version(self._session, self._keys, row, was, of=into, why="replaced", at=new.at)
            await self._session.delete(row)

    async def _say_anew(self, row: Memory, new: NewMemory, why: Why) -> None:
        """Of two wordings the later one holds: what looks the same may differ in a date."""
        session, keys = self._session, self._keys
        before = await payloads.opened(keys, row.tier, row.id, row.payload)
        row.used_at = new.at
        if normal(before["content"]) != normal(new.payload["content"]):
            await rewrite(
                session, keys, row, new.payload, why=why, written_by="extractor", at=new.at, vector=new.vector
            )
        if await say_again(session, new.user_id, row.id, new.runs, new.at):
            row.mentions += 1

    async def _there(self, ids: tuple[UUID, ...]) -> Memory | None:
        """The newest of those that are replaced; the others stay, and are found to be older."""
        if not ids:
            return None
        mine = select(Memory).where(Memory.user_id == self._user_id, Memory.tier == "associative", Memory.id.in_(ids))
        found: Memory | None = await self._session.scalar(mine.order_by(Memory.updated_at.desc()).limit(1))
        return found

    async def _same(self, new: NewMemory) -> Memory | None:
        """The memory that says almost the same, if there is one."""
        near = await self._near(new.vector, "associative", 1)
        return await self._session.get(Memory, near[0]) if near else None

    async def _near(self, vector: Vector | None, tier: Tier, many: int) -> list[UUID]:
        """Nearest first, of those that mean almost the same."""
        if vector is None:
            return []
        values = {
            "whose": self._user_id,
            "space": vector.space,
            "near": vector.literal,
            "many": many,
            "among": self._limits.among,
            "floor": self._limits.same,
            "tier": tier,
        }
        return [row.id for row in await self._session.execute(_NEAR, values)]


def _brings_back(saying: Saying, gone: Saying) -> bool:
    """In the very turn in which it was taken back: also a sentence that has its name in it, whatever else it says."""
    has_name = any(word[0].isupper() for word in gone.text.split())
    return saying.tells_again(gone) or (has_name and saying.tier != "core" and gone.text_words <= saying.words)
