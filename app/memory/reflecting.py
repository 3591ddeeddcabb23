"""The nightly reflection: what the sessions of a user have in common.

The clock starts one job, which finds the users with sessions that have not been looked at; each of them gets a job of
their own. Models are asked and texts embedded while no transaction is open, then everything is written in one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import DateTime, Integer, Select, Uuid, bindparam, select, text, update

from app.errors import AdiuvaError
from app.jobs.queue import enqueue
from app.jobs.tasks import JobInfo, Retry
from app.kit.crypto import KeyRing
from app.kit.system_db import SystemDatabase
from app.memory import payloads
from app.memory.confidence import LEAST_EPISODES, weigh
from app.memory.embedding import embed_later
from app.memory.models import Memory, MemorySettings
from app.memory.patterns import Found, Patterns
from app.memory.ports import Episode, KnownPattern, Pattern, Reflector
from app.memory.stores import Stores
from app.memory.writing import writers_lock

log = structlog.stdlib.get_logger()

REFLECT_TASK = "memory.reflect_user"
REFLECT_RETRY = Retry(attempts=4)  # over about two minutes; then rules do what the model would not
LOOKED_BACK = timedelta(days=60)
MOST_EPISODES = 100
MOST_KNOWN = 100  # patterns

_WITH_NEW_SESSIONS = text("""
    SELECT u.id FROM users u LEFT JOIN memory_settings s ON s.user_id = u.id
    WHERE u.id > :after AND coalesce(s.enabled, true) AND EXISTS (
        SELECT FROM memories m WHERE m.user_id = u.id AND m.tier = 'episodic'
          AND m.updated_at > greatest(:since, s.reflected_at)
    )
    ORDER BY u.id LIMIT :page
""").bindparams(
    bindparam("after", type_=Uuid()),
    bindparam("since", type_=DateTime(timezone=True)),
    bindparam("page", type_=Integer()),
)


@dataclass(frozen=True)
class _Seen:
    """What a reflection starts from."""

    keys: KeyRing
    episodes: Sequence[Episode]  # oldest first
    said: Mapping[UUID, bytes]  # by episode, sealed: what is something else when it is written has changed meanwhile
    new: frozenset[UUID]  # episodes that no reflection has seen
    known: Sequence[KnownPattern]

    @property
    def up_to(self) -> datetime:
        return max(each.ended_at for each in self.episodes)


class Reflecting:
    def __init__(
        self, system: SystemDatabase, stores: Stores, reflector: Reflector, by_rules: Reflector, *, page: int = 500
    ) -> None:
        """`by_rules`: who does it when no model answers to the last attempt. `page`: users found in one transaction."""
        self._system, self._stores, self._page = system, stores, page
        self._reflector, self._by_rules = reflector, by_rules

    async def start(self, _job: JobInfo) -> None:
        """Nightly: a job for each user with sessions that have not been looked at."""
        since, after = self._stores.clock.now() - LOOKED_BACK, UUID(int=0)
        while True:
            async with self._system.begin() as session:
                page = {"after": after, "since": since, "page": self._page}
                users: Sequence[UUID] = (await session.scalars(_WITH_NEW_SESSIONS, page)).all()
                for user_id in users:
                    name = f"{REFLECT_TASK}:{user_id}"
                    await enqueue(session, REFLECT_TASK, {"user_id": str(user_id)}, lock=name, once_while_waiting=name)
            if len(users) < self._page:
                return
            after = users[-1]

    async def one(self, job: JobInfo, *, user_id: str) -> None:
        """Run again, it finds nothing new. Raises the errors of `app.llm.failures`: the job is tried again."""
        owner = UUID(user_id)
        seen = await self._read(owner)
        if seen is None:
            return
        patterns = await self._patterns(job, owner, seen)
        vectors = await self._stores.vectors_of(seen.keys, [each.text for each in patterns])
        found = [Found(pattern, vector) for pattern, vector in zip(patterns, vectors, strict=True)]
        await self._write(owner, seen, found)

    async def _read(self, user_id: UUID) -> _Seen | None:
        """None when memory is off, or there is no session that has not been looked at."""
        async with self._stores.db.of(user_id) as session:
            settings = await session.get(MemorySettings, user_id)
            if settings is not None and not settings.enabled:
                return None
            rows = (await session.scalars(_episodes(user_id, self._stores.clock.now() - LOOKED_BACK))).all()[::-1]
            before = settings.reflected_at if settings is not None else None
            new = frozenset(row.id for row in rows if before is None or row.updated_at > before)
            if not new:
                return None
            known = (await session.scalars(_patterns(user_id))).all()
            keys = await self._stores.vault.of(session, user_id)
        return _Seen(
            keys,
            [await _episode(keys, row) for row in rows],
            {row.id: row.payload for row in rows},
            new,
            [await _known(keys, row) for row in known],
        )

    async def _patterns(self, job: JobInfo, user_id: UUID, seen: _Seen) -> list[Pattern]:
        if len(seen.episodes) < LEAST_EPISODES:
            return []
        try:
            return await self._reflector.patterns(user_id, seen.episodes, seen.known)
        except AdiuvaError as error:
            if job.attempt < REFLECT_RETRY.attempts:
                raise
            log.warning("reflected_by_rules", code=error.code)
            return await self._by_rules.patterns(user_id, seen.episodes, seen.known)

    async def _write(self, user_id: UUID, seen: _Seen, found: Sequence[Found]) -> None:
        stores = self._stores
        async with stores.db.of(user_id) as session:
            if not await writers_lock(session, user_id):
                return
            now = stores.clock.now()
            rows = await session.scalars(select(Memory).where(Memory.user_id == user_id, Memory.id.in_(seen.said)))
            shown_at = {row.id: row.updated_at for row in rows if row.payload == seen.said[row.id]}
            patterns = Patterns(session, seen.keys, user_id, stores.limits, now)
            added = await patterns.write(found, shown_at, seen.new)
            await weigh(session, now, stores.limits.pattern_half_life, user_id)
            mine = update(MemorySettings).where(MemorySettings.user_id == user_id)
            await session.execute(mine.values(reflected_at=seen.up_to))
            if added:
                await embed_later(session, user_id)
        log.info("sessions_reflected", episodes=len(seen.episodes), found=len(found), added=added)


def _episodes(user_id: UUID, since: datetime) -> Select[Memory]:
    """Newest first."""
    mine = select(Memory).where(Memory.user_id == user_id, Memory.tier == "episodic", Memory.updated_at > since)
    return mine.order_by(Memory.updated_at.desc(), Memory.id).limit(MOST_EPISODES)


def _patterns(user_id: UUID) -> Select[Memory]:
    mine = select(Memory).where(Memory.user_id == user_id, Memory.tier == "proactive")
    return mine.order_by(Memory.confidence.desc(), Memory.id).limit(MOST_KNOWN)


async def _episode(keys: KeyRing, row: Memory) -> Episode:
    told = payloads.session_notes(await payloads.opened(keys, row.tier, row.id, row.payload))
    return Episode(id=row.id, summary=told.summary, started_at=told.began or row.created_at, ended_at=row.updated_at)


async def _known(keys: KeyRing, row: Memory) -> KnownPattern:
    payload = await payloads.opened(keys, row.tier, row.id, row.payload)
    return KnownPattern(id=row.id, text=payloads.text_of("proactive", payload), confidence=row.confidence or 0.0)
