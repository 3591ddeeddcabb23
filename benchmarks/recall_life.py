"""A person's conversations, lived through: every message is a turn that ends, and the job remembers it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg

from app.jobs.tasks import JobInfo
from app.keys.master_keys import MasterKeys
from app.keys.vault import KeyVault
from app.kit.db import Database
from app.llm.port import Embedder
from app.memory.by_rules.extracting import RuleExtractor
from app.memory.by_rules.summing_up import RuleSummarizer
from app.memory.limits import MemoryLimits
from app.memory.memories import Memories
from app.memory.ports import Said
from app.memory.remembering import Makers, Remembering
from app.memory.stores import Stores
from app.memory.vectors import Vectors
from app.threads.finishing import REMEMBER_TASK
from benchmarks.recall_cases import Speaker

_A_TURN = timedelta(minutes=1)


class SetClock:
    """What time it is in a conversation."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@dataclass(frozen=True)
class Service:
    """As much of it as remembers."""

    memories: Memories
    remembering: Remembering
    clock: SetClock
    past_the_walls: psycopg.AsyncConnection[object]

    @classmethod
    def over(
        cls, db: Database, past_the_walls: psycopg.AsyncConnection[object], embedder: Embedder, master_keys: str
    ) -> "Service":
        clock = SetClock()
        vault = KeyVault(MasterKeys.parse(master_keys), clock)
        stores = Stores(db, vault, Vectors(embedder, "offline/hashing"), clock, MemoryLimits())
        makers = Makers(RuleExtractor(), RuleSummarizer())
        return cls(Memories(stores), Remembering(stores, makers, makers), clock, past_the_walls)

    async def live(self, speaker: Speaker, user_id: UUID) -> list[Said]:
        """Everything the speaker has said, remembered turn by turn; what was said, as the job was given it."""
        turns: list[Said] = []
        for conversation in speaker.conversations:
            thread_id, self.clock.time = uuid4(), conversation.at.astimezone(UTC)
            for message in conversation.messages:
                self.clock.time += _A_TURN
                told = await self.memories.gather(user_id, message.text)
                said = Said(
                    run_id=uuid4(),
                    session=str(thread_id),
                    at=self.clock.time.astimezone(conversation.at.tzinfo),
                    message=message.text,
                    recalled=tuple(each.text for each in told.items),
                )
                turns.append(said)
                await self._end(user_id, thread_id, said)
        return turns

    async def _end(self, user_id: UUID, thread_id: UUID, said: Said) -> None:
        sealed = await self.memories.sealed(user_id, said)
        async with self.past_the_walls.transaction():
            connection = self.past_the_walls
            await connection.execute(
                "INSERT INTO threads (id, user_id, created_at, updated_at) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                (thread_id, user_id, said.at, said.at),
            )
            await connection.execute(
                "INSERT INTO runs (id, user_id, thread_id, request_id, kind, status, created_at, ended_at)"
                " VALUES (%s, %s, %s, %s, 'home', 'completed', %s, %s)",
                (said.run_id, user_id, thread_id, str(said.run_id), said.at, said.at),
            )
            await connection.execute(
                "INSERT INTO memory_inbox (run_id, user_id, said, created_at) VALUES (%s, %s, %s, %s)",
                (said.run_id, user_id, sealed, said.at),
            )
        await self.remembering.remember(JobInfo(1, 1, REMEMBER_TASK), user_id=str(user_id))
