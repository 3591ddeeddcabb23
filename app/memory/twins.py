"""What says the same as a memory that is forgotten or corrected: one thing said once may be kept in two tiers."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Float, Integer, Uuid, any_, bindparam, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.crypto import KeyRing
from app.memory import payloads
from app.memory.limits import MemoryLimits
from app.memory.models import Memory, MemoryTurn
from app.memory.sayings import Saying

COMPARED_AT_ONCE = 10  # a few milliseconds; then others have their turn
FACTS = ("core", "associative")

# Those that share a turn with it, and those that are near it, which were said whenever.
_CANDIDATES = text("""
    WITH mine AS (
        SELECT v.embedding, b.space FROM memory_vectors v JOIN memory_bits b ON b.memory_id = v.memory_id
        WHERE v.memory_id = :memory AND v.user_id = :whose
    ), near AS (
        SELECT n.id, n.score FROM mine CROSS JOIN LATERAL memory_near(
            :whose, mine.space, mine.embedding, :many, :among, CAST(:floor AS real), ARRAY['core', 'associative']
        ) n
    ), together AS (
        SELECT DISTINCT other.memory_id AS id FROM memory_turns this
        JOIN memory_turns other ON other.user_id = this.user_id AND other.run_id = this.run_id
        WHERE this.memory_id = :memory AND this.user_id = :whose
    )
    SELECT id, bool_or(is_together) AS is_together, max(score) AS score FROM (
        SELECT id, false AS is_together, score FROM near
        UNION ALL SELECT id, true, NULL FROM together
    ) found WHERE id <> :memory GROUP BY id
""").bindparams(
    bindparam("memory", type_=Uuid()),
    bindparam("whose", type_=Uuid()),
    bindparam("many", type_=Integer()),
    bindparam("among", type_=Integer()),
    bindparam("floor", type_=Float()),
)
_MOST_NEAR = 20


async def twins_of(
    session: AsyncSession,
    keys: KeyRing,
    limits: MemoryLimits,
    row: Memory,
    said: Sequence[Saying],
    *,
    spares_users: bool,
) -> list[Memory]:
    """Core and associative memories of the same user that say any of what this one says and has `said`: in the same words,
    whenever; in other words, if it was in the same turn. What is pinned is kept on purpose; so is what its user has written,
    if `spares_users`."""
    values = {
        "memory": row.id,
        "whose": row.user_id,
        "many": _MOST_NEAR,
        "among": limits.among,
        "floor": limits.floor,
    }
    candidates = {each.id: each for each in await session.execute(_CANDIDATES, values)}
    mine = select(Memory).where(Memory.user_id == row.user_id, Memory.tier.in_(FACTS), Memory.pinned.is_(False))
    if spares_users:
        mine = mine.where(Memory.written_by != "user")
    these = mine.where(Memory.id == any_(literal(list(candidates), ARRAY(Uuid()))))
    found = []
    for number, other in enumerate((await session.scalars(these.order_by(Memory.id))).all()):
        if number % COMPARED_AT_ONCE == 0:
            await asyncio.sleep(0)
        if await _is_twin(keys, limits, other, said, candidates[other.id]):
            found.append(other)
    return found


async def _is_twin(keys: KeyRing, limits: MemoryLimits, other: Memory, said: Sequence[Saying], found: Any) -> bool:
    payload = await payloads.readable(keys, other.tier, other.id, other.payload)
    if payload is None:
        return False
    says = Saying.of(other.tier, payload)  # type: ignore[arg-type]  # the table's own check
    if not found.is_together:
        return any(says.is_same_as(each) for each in said)
    return (found.score or 0) >= limits.same or any(says.tells_again(each) for each in said)


class CoreSaid:
    """What a user's core memory says, read once: it must not be kept a second time beside it."""

    def __init__(self, session: AsyncSession, keys: KeyRing, user_id: UUID) -> None:
        self._session, self._keys, self._user_id = session, keys, user_id
        self._said: list[tuple[Memory, Saying]] | None = None

    async def saying(self, piece: Saying, *, run_id: UUID, near: Sequence[UUID]) -> Memory | None:
        """The core memory that says this piece: in the same words, or, written in the same turn, with all that it says or
        with the same meaning (`near`)."""
        there = await self._all()
        same = next((row for row, says in there if piece.is_same_as(says)), None)
        if same is not None:
            return same
        likely = {row.id: row for row, says in there if row.id in near or piece.adds_nothing_to(says)}
        return await self._of_turn(likely, run_id) if likely else None

    async def _of_turn(self, likely: dict[UUID, Memory], run_id: UUID) -> Memory | None:
        theirs = select(MemoryTurn.memory_id).where(MemoryTurn.user_id == self._user_id, MemoryTurn.run_id == run_id)
        found: UUID | None = await self._session.scalar(theirs.where(MemoryTurn.memory_id.in_(likely)).limit(1))
        return likely[found] if found is not None else None

    async def _all(self) -> list[tuple[Memory, Saying]]:
        if self._said is None:
            mine = select(Memory).where(Memory.user_id == self._user_id, Memory.tier == "core")
            rows = (await self._session.scalars(mine.order_by(Memory.id))).all()
            opened = [(row, await payloads.readable(self._keys, "core", row.id, row.payload)) for row in rows]
            self._said = [(row, Saying.of("core", payload)) for row, payload in opened if payload is not None]
        return self._said
