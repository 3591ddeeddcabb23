"""Writing down what a reflection has found: new patterns, and the sessions that show those which are known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Double, Integer, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.crypto import KeyRing
from app.memory import payloads
from app.memory.confidence import LEAST_EPISODES, confidence_of
from app.memory.limits import MemoryLimits
from app.memory.models import Memory, MemoryEvidence, MemoryVersion
from app.memory.names import normal
from app.memory.ports import Pattern
from app.memory.vectors import Vector
from app.memory.writing import NewMemory, add


@dataclass(frozen=True)
class Found:
    """A pattern and where it is found by meaning, if that is known already."""

    pattern: Pattern
    vector: Vector | None


_SAME = text("""
    SELECT m.id FROM memories m
    JOIN memory_bits b ON b.memory_id = m.id AND b.space = :space
    JOIN memory_vectors v ON v.memory_id = m.id
    WHERE m.user_id = :whose AND m.tier = 'proactive'
      AND 1 - (v.embedding <=> CAST(CAST(:near AS text) AS halfvec(1536))) >= :same
    ORDER BY v.embedding <=> CAST(CAST(:near AS text) AS halfvec(1536)) LIMIT 1
""").bindparams(
    bindparam("space", type_=Integer()),
    bindparam("whose", type_=Uuid()),
    bindparam("same", type_=Double()),
)


class Patterns:
    """A user's, in a transaction that holds the writers' lock."""

    def __init__(
        self, session: AsyncSession, keys: KeyRing, user_id: UUID, limits: MemoryLimits, now: datetime
    ) -> None:
        self._session, self._keys, self._user_id, self._limits, self._now = session, keys, user_id, limits, now

    async def write(self, found: Sequence[Found], shown_at: Mapping[UUID, datetime], new: Collection[UUID]) -> int:
        """How many patterns are new. `shown_at`: the sessions that may be evidence, and when they were; `new`: those that
        had not been looked at before. A pattern that no new session shows was seen then, and may be forgotten since."""
        added = 0
        for each in found:
            episodes = [episode for episode in each.pattern.episodes if episode in shown_at]
            if any(episode in new for episode in episodes):
                added += await self._write(each, episodes, shown_at)
        return added

    async def _write(self, found: Found, episodes: Sequence[UUID], shown_at: Mapping[UUID, datetime]) -> bool:
        pattern = found.pattern
        known = await self._known(found)
        if known is not None:
            await self._confirm(known, pattern.grounds, episodes)
        elif pattern.same_as is None and len(set(episodes)) >= LEAST_EPISODES:
            await self._add(found, tuple(dict.fromkeys(episodes)), shown_at)
            return True
        return False  # what it was the same as has been forgotten meanwhile, or too much of what showed it

    async def _known(self, found: Found) -> Memory | None:
        """The pattern that this one confirms: said to be, in the same words, once in the same words, or of the same
        meaning. What the user has corrected is found again as long as its history is kept."""
        mine = select(Memory).where(Memory.user_id == self._user_id, Memory.tier == "proactive")
        if found.pattern.same_as is not None:
            named: Memory | None = await self._session.scalar(mine.where(Memory.id == found.pattern.same_as))
            return named
        for row in (await self._session.scalars(mine)).all():
            payload = await payloads.opened(self._keys, row.tier, row.id, row.payload)
            if normal(payloads.text_of("proactive", payload)) == normal(found.pattern.text):
                return row
        same = await self._said_before(found.pattern.text) or await self._same(found.vector)
        known: Memory | None = await self._session.scalar(mine.where(Memory.id == same)) if same else None
        return known

    async def _said_before(self, words: str) -> UUID | None:
        """The pattern that said this until it was put otherwise, the latest such."""
        theirs = select(Memory.id).where(Memory.user_id == self._user_id, Memory.tier == "proactive")
        earlier = select(MemoryVersion).where(
            MemoryVersion.user_id == self._user_id, MemoryVersion.memory_id.in_(theirs)
        )
        for row in (await self._session.scalars(earlier.order_by(MemoryVersion.replaced_at.desc()))).all():
            payload = await payloads.opened_version(self._keys, "proactive", row.id, row.payload)
            if normal(payloads.text_of("proactive", payload)) == normal(words):
                return row.memory_id
        return None

    async def _same(self, vector: Vector | None) -> UUID | None:
        if vector is None:
            return None
        wanted = {"whose": self._user_id, "same": self._limits.same, "space": vector.space, "near": vector.literal}
        same: UUID | None = await self._session.scalar(_SAME, wanted)
        return same

    async def _confirm(self, row: Memory, grounds: str, episodes: Sequence[UUID]) -> None:
        """Each session is evidence once. Without a new one nothing changes."""
        evidence = insert(MemoryEvidence).on_conflict_do_nothing().returning(MemoryEvidence.evidence_id)
        rows = [{"memory_id": row.id, "evidence_id": each, "user_id": self._user_id} for each in set(episodes)]
        if (await self._session.scalars(evidence, rows)).all():
            payload = await payloads.opened(self._keys, row.tier, row.id, row.payload)
            row.payload = await payloads.sealed(self._keys, row.id, payload | {"source": grounds})
            row.used_at = self._now
            await self._session.flush()

    async def _add(self, found: Found, episodes: tuple[UUID, ...], shown_at: Mapping[UUID, datetime]) -> None:
        pattern, half_life = found.pattern, self._limits.pattern_half_life
        confidence = confidence_of([shown_at[each] for each in episodes], self._now, half_life)
        new = NewMemory(
            user_id=self._user_id,
            tier="proactive",
            payload=payloads.proactive(pattern.text, pattern.grounds),
            written_by="reflection",
            at=self._now,
            vector=found.vector,
            confidence=confidence,
            evidence=episodes,
        )
        await add(self._session, self._keys, new)
        await self._session.flush()
