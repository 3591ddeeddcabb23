"""Finding by meaning what could not be embedded when it was written, or was embedded by another model."""

from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Integer, Uuid, and_, any_, bindparam, exists, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.queue import enqueue
from app.jobs.tasks import JobInfo
from app.kit.system_db import SystemDatabase
from app.memory import payloads
from app.memory.models import Memory, MemoryBits
from app.memory.records import Tier
from app.memory.stores import Stores
from app.memory.writing import place, writers_lock

EMBED_TASK = "memory.embed"
BATCH = 64

# Of a page of users, by id: whose memories are not all in this space? Each statement looks at their memories alone.
_LOOKED_AT = text("""
    SELECT u.id, EXISTS (
        SELECT FROM memories m WHERE m.user_id = u.id
          AND NOT EXISTS (SELECT FROM memory_bits b WHERE b.memory_id = m.id AND b.space = :space)
    ) AS is_missing
    FROM users u WHERE u.id > :after ORDER BY u.id LIMIT :page
""").bindparams(
    bindparam("space", type_=Integer()), bindparam("after", type_=Uuid()), bindparam("page", type_=Integer())
)


async def embed_later(session: AsyncSession, user_id: UUID) -> None:
    """In the transaction that leaves a memory without its vector; nothing is added when there is none."""
    lacking = select(Memory.id).where(Memory.user_id == user_id, _without_any()).limit(1)
    if await session.scalar(lacking) is not None:
        await _enqueue(session, user_id)


async def _enqueue(session: AsyncSession, user_id: UUID) -> None:
    name = f"{EMBED_TASK}:{user_id}"
    await enqueue(session, EMBED_TASK, {"user_id": str(user_id)}, once_while_waiting=name)


class Embedding:
    def __init__(self, stores: Stores, system: SystemDatabase, *, page: int = 50) -> None:
        """`page`: users in one transaction. What adds such a job for one of them meanwhile waits for it."""
        self._stores, self._system, self._page = stores, system, page

    async def start(self, _job: JobInfo) -> None:
        """Every hour: whose memories are not all where a search looks? After a change of EMBEDDING_MODEL, everybody's."""
        page = {"space": self._stores.vectors.space, "after": UUID(int=0), "page": self._page}
        while True:
            async with self._system.begin() as session:
                users = (await session.execute(_LOOKED_AT, page)).all()
                for user_id in [each.id for each in users if each.is_missing]:
                    await _enqueue(session, user_id)
            if len(users) < self._page:
                return
            page["after"] = users[-1].id

    async def one(self, _job: JobInfo, *, user_id: str) -> None:
        """Raises the errors of `app.llm.failures`: the job is tried again."""
        while await self._batch(UUID(user_id)) == BATCH:
            pass

    async def _batch(self, user_id: UUID) -> int:
        stores = self._stores
        missing = select(Memory).where(Memory.user_id == user_id, self._is_missing())
        async with stores.db.of(user_id) as session:
            rows = (await session.scalars(missing.order_by(Memory.updated_at.desc()).limit(BATCH))).all()
            keys = await stores.vault.of(session, user_id)
        if not rows:
            return 0
        tiers: dict[UUID, Tier] = {row.id: row.tier for row in rows}  # type: ignore[misc]  # the table's own check
        texts = [
            payloads.meaning_of(tiers[row.id], await payloads.opened(keys, row.tier, row.id, row.payload))
            for row in rows
        ]
        vectors = await stores.vectors.of(keys, texts)
        seen = {row.id: (row.payload, vector) for row, vector in zip(rows, vectors, strict=True)}
        async with stores.db.of(user_id) as session:
            await writers_lock(session, user_id)
            still = select(Memory).where(
                Memory.user_id == user_id, Memory.id == any_(literal(list(seen), ARRAY(Uuid())))
            )
            for row in (await session.scalars(still)).all():
                payload, vector = seen[row.id]
                if row.payload == payload:  # else it says something else by now
                    await place(session, user_id, row.id, tiers[row.id], vector)
        return len(rows)

    def _is_missing(self) -> ColumnElement[bool]:
        here = and_(MemoryBits.memory_id == Memory.id, MemoryBits.space == self._stores.vectors.space)
        return ~exists().where(here)


def _without_any() -> ColumnElement[bool]:
    return ~exists().where(MemoryBits.memory_id == Memory.id)
