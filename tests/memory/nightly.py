"""Users with sessions behind them, and the nightly jobs over them, without a service."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, text, update

from app.accounts.models import User
from app.errors import Overloaded
from app.jobs.tasks import JobInfo
from app.keys.master_keys import MasterKeys
from app.keys.vault import KeyVault
from app.kit.db import Database
from app.kit.system_db import SystemDatabase
from app.llm.port import Embedder
from app.memory import payloads
from app.memory.limits import MemoryLimits
from app.memory.models import Memory
from app.memory.payloads import Payload, SessionNotes
from app.memory.ports import Episode, KnownPattern, Pattern
from app.memory.records import Tier
from app.memory.reflecting import Reflecting
from app.memory.stores import Stores
from app.memory.vectors import Vectors
from app.memory.writing import NewMemory, add, writers_lock
from app.offline.embeddings import HashingEmbedder
from tests.fakes.clock import MovableClock

MONDAYS = "Plans the week on Mondays."


def job(attempt: int = 1) -> JobInfo:
    return JobInfo(id=1, attempt=attempt, task="memory.reflect_user")


@dataclass
class Mirror:
    """A reflector that sees what it is told to see, and remembers what it was asked."""

    sees: list[Pattern] = field(default_factory=list)
    asked: list[tuple[Sequence[Episode], Sequence[KnownPattern]]] = field(default_factory=list)
    away: bool = False
    meanwhile: Any = None  # awaited before it answers

    async def patterns(
        self, _user_id: UUID, episodes: Sequence[Episode], known: Sequence[KnownPattern]
    ) -> list[Pattern]:
        self.asked.append((episodes, known))
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.away:
            raise Overloaded("No model answers.")
        return self.sees


class Nights:
    """One database, its users, and the clock that the jobs go by."""

    def __init__(self, url: str) -> None:
        self.db, self.system = Database(url), SystemDatabase(url, pool_size=2)
        self.clock = MovableClock()
        self.vault = KeyVault(MasterKeys.parse(MasterKeys.make()), self.clock)
        self.limits = MemoryLimits()
        self.mirror, self.rules = Mirror(), Mirror()
        self.embedder: Embedder = HashingEmbedder()

    @property
    def stores(self) -> Stores:
        return Stores(self.db, self.vault, Vectors(self.embedder, "offline"), self.clock, self.limits)

    @property
    def reflecting(self) -> Reflecting:
        return Reflecting(self.system, self.stores, self.mirror, self.rules)

    async def user(self) -> UUID:
        user_id = uuid4()
        async with self.db.of(user_id) as session:
            account = {"id": user_id, "email": f"{user_id}@example.com", "password_hash": "-"}
            await session.execute(insert(User).values(account | {"created_at": self.clock.now()}))
            self.vault.create(session, user_id)
        return user_id

    async def memory(self, user_id: UUID, tier: Tier, payload: Payload, **wanted: Any) -> UUID:
        """`ago=`, `pinned=`; the rest is `NewMemory`'s."""
        at = self.clock.now() - wanted.pop("ago", timedelta())
        pinned = wanted.pop("pinned", False)
        keys = await self.stores.keys(user_id)
        (vector,) = await self.stores.vectors_of(keys, [payloads.meaning_of(tier, payload)])
        async with self.db.of(user_id) as session:
            await writers_lock(session, user_id)
            new = NewMemory(
                user_id=user_id,
                tier=tier,
                payload=payload,
                written_by="summary",
                at=at,
                slot=uuid4().bytes if tier in ("core", "episodic") else None,
                vector=vector,
                **wanted,
            )
            memory_id = await add(session, keys, new)
            await session.execute(update(Memory).where(Memory.id == memory_id).values(pinned=pinned))
        return memory_id

    async def episode(self, user_id: UUID, summary: str = "Planned the week.", **wanted: Any) -> UUID:
        return await self.memory(user_id, "episodic", payloads.episodic(SessionNotes(summary, ())), **wanted)

    async def mondays(self, user_id: UUID, count: int = 3) -> tuple[UUID, ...]:
        """Sessions a week apart, the last of them now; oldest first."""
        ago = [timedelta(weeks=week) for week in reversed(range(count))]
        return tuple([await self.episode(user_id, ago=each) for each in ago])

    async def pattern(self, user_id: UUID, evidence: Sequence[UUID], content: str = MONDAYS, **wanted: Any) -> UUID:
        values = {"confidence": 0.5, "evidence": tuple(evidence)} | wanted
        return await self.memory(user_id, "proactive", payloads.proactive(content, "3 sessions"), **values)

    async def piece(self, user_id: UUID, content: str = "Acme is a client.", **wanted: Any) -> UUID:
        return await self.memory(user_id, "associative", payloads.associative(content), **wanted)

    async def turn(self, user_id: UUID, *, ago: timedelta = timedelta()) -> None:
        """One that has ended and waits to be remembered, without a job that would do it."""
        now = self.clock.now()
        run = {"run": uuid4(), "thread": uuid4(), "whose": user_id, "ended": now - ago}
        await self.change(
            "INSERT INTO threads (id, user_id, created_at, updated_at) VALUES (:thread, :whose, :now, :now)",
            thread=run["thread"],
            whose=user_id,
            now=now,
        )
        await self.change(
            "INSERT INTO runs (id, user_id, thread_id, request_id, kind, device_id, status, created_at, ended_at)"
            " VALUES (:run, :whose, :thread, gen_random_uuid(), 'home', 'laptop', 'completed', :ended, :ended)",
            **run,
        )
        await self.change(
            "INSERT INTO memory_inbox (run_id, user_id, said, created_at) VALUES (:run, :whose, '', :ended)",
            run=run["run"],
            whose=user_id,
            ended=now - ago,
        )

    async def lined_up(self, task: str, *users: UUID) -> list[UUID]:
        """Whose jobs of this kind are in line, of these users, in the order they were added."""
        rows = await self.rows(
            "SELECT args ->> 'user_id' AS id FROM procrastinate_jobs WHERE task_name = :task ORDER BY id", task=task
        )
        return [UUID(row.id) for row in rows if UUID(row.id) in users]

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.system.begin() as session:
            return list((await session.execute(text(statement), values)).all())

    async def change(self, statement: str, **values: Any) -> None:
        async with self.system.begin() as session:
            await session.execute(text(statement), values)

    async def there(self, user_id: UUID) -> set[UUID]:
        return {row.id for row in await self.rows("SELECT id FROM memories WHERE user_id = :id", id=user_id)}

    async def confidence(self, pattern_id: UUID) -> float:
        [row] = await self.rows("SELECT confidence FROM memories WHERE id = :id", id=pattern_id)
        return float(row.confidence)

    async def reflected_at(self, user_id: UUID) -> datetime | None:
        rows = await self.rows("SELECT reflected_at FROM memory_settings WHERE user_id = :id", id=user_id)
        found: datetime | None = rows[0].reflected_at if rows else None
        return found


@asynccontextmanager
async def nights_on(url: str) -> AsyncIterator[Nights]:
    nights = Nights(url)
    await nights.db.open()
    try:
        yield nights
    finally:
        await nights.db.close()
        await nights.system.close()
