"""A user's threads as the user sees them: listed, read, renamed, archived, deleted."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.keys.vault import KeyVault
from app.kit.crypto import KeyRing, Place
from app.kit.db import Database
from app.threads.content import from_json
from app.threads.models import Run, Thread, ThreadEvent

_LIVE = Run.status.in_(("running", "waiting"))


@dataclass(frozen=True)
class Conversation:
    id: UUID
    title: str | None  # None until its first turn has been answered and named
    archived: bool
    created_at: datetime
    updated_at: datetime
    message_count: int


@dataclass(frozen=True)
class Said:
    """One event of a thread, opened; `content` as in `app.threads.records.KeptEvent`."""

    id: UUID
    thread_id: UUID
    run_id: UUID
    type: str
    actor: str
    content: Any
    created_at: datetime


class Conversations:
    def __init__(
        self,
        db: Database,
        vault: KeyVault,
        *,
        end: Callable[[UUID, UUID], Awaitable[None]] | None = None,
        stop: Callable[[Sequence[UUID]], None] | None = None,
    ) -> None:
        """Before a user's thread is deleted, `end` ends its turns: whoever was asked something hears that it is over. `stop`
        is told the runs that are under way nevertheless. Those of other processes learn it when they next renew their
        leases."""
        self._db, self._vault, self._end, self._stop = db, vault, end, stop

    async def page(self, user_id: UUID, *, archived: bool, offset: int, limit: int) -> tuple[list[Conversation], int]:
        """Those that are archived, or those that are not; newest activity first, and how many there are."""
        mine = select(Thread).where(Thread.user_id == user_id, Thread.archived.is_(archived))
        async with self._db.of(user_id) as session:
            total = await session.scalar(select(func.count()).select_from(mine.subquery())) or 0
            newest_first = mine.order_by(Thread.updated_at.desc(), Thread.id)
            rows = (await session.scalars(newest_first.offset(offset).limit(limit))).all()
            keys = await self._vault.of(session, user_id)
        return [await _revealed(row, keys) for row in rows], total

    async def get(self, user_id: UUID, thread_id: UUID) -> Conversation:
        """Raises `NotFound`."""
        async with self._db.of(user_id) as session:
            row = await _row(session, user_id, thread_id)
            keys = await self._vault.of(session, user_id)
        return await _revealed(row, keys)

    async def change(
        self, user_id: UUID, thread_id: UUID, *, title: str | None = None, archived: bool | None = None
    ) -> Conversation:
        """What is None stays as it is. Neither counts as activity. Raises `NotFound`."""
        async with self._db.of(user_id) as session:
            row = await _row(session, user_id, thread_id)
            keys = await self._vault.of(session, user_id)
            if title is not None:
                row.title = await keys.seal(Place("threads", "title", thread_id), title)
            if archived is not None:
                row.archived = archived
        return await _revealed(row, keys)

    async def delete(self, user_id: UUID, thread_id: UUID) -> None:
        """With all that was said in it, at once. A turn that is under way is stopped and leaves nothing behind; what it
        has changed on a device stays changed. Raises `NotFound`."""
        if self._end is not None:
            await self._end(user_id, thread_id)
        mine = (Thread.user_id == user_id) & (Thread.id == thread_id)
        async with self._db.of(user_id) as session:
            # The lock comes before the look: a turn that begins meanwhile waits for it, and finds no thread.
            if await session.scalar(select(Thread.id).where(mine).with_for_update()) is None:
                raise NotFound("There is no such thread.")
            under_way = select(Run.id).where(Run.user_id == user_id, Run.thread_id == thread_id, _LIVE)
            stopped = (await session.scalars(under_way)).all()
            await session.execute(delete(Thread).where(mine))
        if self._stop is not None and stopped:
            self._stop(stopped)

    async def events(
        self, user_id: UUID, thread_id: UUID, *, newest_first: bool, offset: int, limit: int
    ) -> tuple[list[Said], int]:
        """What was said and done in a thread, and how many events that is. Raises `NotFound`."""
        mine = select(ThreadEvent).where(ThreadEvent.user_id == user_id, ThreadEvent.thread_id == thread_id)
        order = ThreadEvent.position.desc() if newest_first else ThreadEvent.position
        async with self._db.of(user_id) as session:
            await _row(session, user_id, thread_id)
            total = await session.scalar(select(func.count()).select_from(mine.subquery())) or 0
            rows = (await session.scalars(mine.order_by(order).offset(offset).limit(limit))).all()
            keys = await self._vault.of(session, user_id)
        return [await _opened(row, keys) for row in rows], total


async def _row(session: AsyncSession, user_id: UUID, thread_id: UUID) -> Thread:
    row = await session.scalar(select(Thread).where(Thread.user_id == user_id, Thread.id == thread_id))
    if row is None:
        raise NotFound("There is no such thread.")
    return row


async def _revealed(row: Thread, keys: KeyRing) -> Conversation:
    title = await keys.open(Place("threads", "title", row.id), row.title) if row.title is not None else None
    return Conversation(row.id, title, row.archived, row.created_at, row.updated_at, row.message_count)


async def _opened(row: ThreadEvent, keys: KeyRing) -> Said:
    content = from_json(await keys.open(Place("thread_events", "content", row.id), row.content))
    return Said(row.id, row.thread_id, row.run_id, row.type, row.actor, content, row.created_at)
