"""What nobody needs any more, cleared every night."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import DateTime, Double, Integer, TextClause, Uuid, bindparam, text
from sqlalchemy.types import TypeEngine

from app.jobs.tasks import JobInfo
from app.kit.clock import Clock
from app.kit.system_db import SystemDatabase
from app.memory.confidence import weigh
from app.memory.limits import MemoryLimits

log = structlog.stdlib.get_logger()

_TYPES: dict[str, TypeEngine[Any]] = {
    "before": DateTime(timezone=True),
    "least": Double(),
    "most": Integer(),
    "chunk": Integer(),
    "users": Integer(),
    "after": Uuid(),
    "whose": Uuid(),
}


def _sql(statement: str) -> TextClause:
    names = [name for name in _TYPES if f":{name}" in statement]
    return text(statement).bindparams(*(bindparam(name, type_=_TYPES[name]) for name in names))


_OLD_EPISODES = _sql("""
    DELETE FROM memories WHERE id IN (
        SELECT id FROM memories WHERE tier = 'episodic' AND NOT pinned AND updated_at < :before LIMIT :chunk
    )
""")
_OLD_VERSIONS = _sql("""
    DELETE FROM memory_versions WHERE id IN (
        SELECT id FROM memory_versions WHERE replaced_at < :before LIMIT :chunk
    )
""")
# One that rests on nothing any more is forgotten as well: all sessions that showed it are.
_FADED_PATTERNS = _sql("""
    DELETE FROM memories WHERE id IN (
        SELECT pattern.id FROM memories pattern
        WHERE pattern.tier = 'proactive' AND NOT pattern.pinned
          AND (pattern.confidence < :least
               OR NOT EXISTS (SELECT FROM memory_evidence shown WHERE shown.memory_id = pattern.id))
        LIMIT :chunk
    )
""")
_OLD_STRUCK = _sql("""
    DELETE FROM memory_struck WHERE (user_id, name) IN (
        SELECT user_id, name FROM memory_struck WHERE struck_at < :before LIMIT :chunk
    )
""")
_INBOX_OF_THOSE_WITHOUT = _sql("""
    DELETE FROM memory_inbox WHERE run_id IN (
        SELECT i.run_id FROM memory_inbox i JOIN memory_settings s ON s.user_id = i.user_id
        WHERE NOT s.enabled LIMIT :chunk
    )
""")
_COUNTED = _sql("""
    SELECT u.id, greatest(0, (SELECT count(*) FROM memories m WHERE m.user_id = u.id) - :most) AS too_many
    FROM users u WHERE u.id > :after ORDER BY u.id LIMIT :users
""")
_USERS = _sql("SELECT id FROM users WHERE id > :after ORDER BY id LIMIT :users")
# What the user keeps by hand goes last, and before it the few core memories.
_LEAST_USED = _sql("""
    DELETE FROM memories WHERE id IN (
        SELECT id FROM memories WHERE user_id = :whose
        ORDER BY pinned, tier = 'core', used_at, id LIMIT :chunk
    )
""")


class MemoryPrune:
    def __init__(
        self, system: SystemDatabase, clock: Clock, limits: MemoryLimits, *, chunk: int = 2_000, users: int = 100
    ) -> None:
        """`chunk`: rows that one transaction deletes, with all that hangs on them; `users`: whose memories one statement
        counts, or weighs."""
        self._system, self._clock, self._limits = system, clock, limits
        self._chunk, self._users = chunk, users

    async def prune(self, _job: JobInfo) -> None:
        """In small transactions: cut short, it goes on the next time. Patterns come last, for they are weighed before."""
        now, limits = self._clock.now(), self._limits
        log.info(
            "memories_pruned",
            episodes=await self._delete(_OLD_EPISODES, {"before": now - limits.episodes_kept}),
            versions=await self._delete(_OLD_VERSIONS, {"before": now - limits.versions_kept}),
            struck=await self._delete(_OLD_STRUCK, {"before": now - limits.struck_kept}),
            inbox_entries=await self._delete(_INBOX_OF_THOSE_WITHOUT, {}),
            too_many=await self._delete_too_many(),
        )
        await self._weigh_all(now)
        log.info("patterns_pruned", patterns=await self._delete(_FADED_PATTERNS, {"least": limits.pattern_forgotten}))

    async def _weigh_all(self, now: datetime) -> None:
        after = UUID(int=0)
        while True:
            async with self._system.begin() as session:
                users = (await session.scalars(_USERS, {"after": after, "users": self._users})).all()
                await weigh(session, now, self._limits.pattern_half_life, *users)
            if len(users) < self._users:
                return
            after = users[-1]

    async def _delete(self, statement: TextClause, values: Mapping[str, Any]) -> int:
        """How many rows are gone."""
        gone = 0
        while True:
            async with self._system.begin() as session:
                result: Any = await session.execute(statement, {**values, "chunk": self._chunk})
            deleted: int = result.rowcount
            gone += deleted
            if deleted < self._chunk:
                return gone

    async def _delete_too_many(self) -> int:
        gone, after = 0, UUID(int=0)
        while True:
            async with self._system.begin() as session:
                page = {"after": after, "most": self._limits.memories, "users": self._users}
                users = (await session.execute(_COUNTED, page)).all()
            for user_id, too_many in users:
                gone += await self._delete_least_used(user_id, too_many)
            if len(users) < self._users:
                return gone
            after = users[-1].id

    async def _delete_least_used(self, user_id: UUID, many: int) -> int:
        for start in range(0, many, self._chunk):
            async with self._system.begin() as session:
                await session.execute(_LEAST_USED, {"whose": user_id, "chunk": min(self._chunk, many - start)})
        return many
