"""Turns that have waited long to be remembered: the job of their user has failed for good."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.jobs.queue import enqueue
from app.jobs.tasks import JobInfo
from app.kit.clock import Clock
from app.kit.system_db import SystemDatabase
from app.memory.models import InboxEntry
from app.threads.finishing import REMEMBER_TASK

OVERDUE = timedelta(minutes=30)


class Overdue:
    def __init__(self, system: SystemDatabase, clock: Clock, *, page: int = 50) -> None:
        """`page`: users in one transaction. Until it ends, turns of theirs that end at the same time wait for it."""
        self._system, self._clock, self._page = system, clock, page

    async def start_again(self, _job: JobInfo) -> None:
        """A new job for each of these users, unless one waits already."""
        after = UUID(int=0)
        while True:
            users = await self._start_page(after)
            if len(users) < self._page:
                return
            after = users[-1]

    async def _start_page(self, after: UUID) -> Sequence[UUID]:
        overdue = InboxEntry.created_at < self._clock.now() - OVERDUE
        theirs = select(InboxEntry.user_id).where(overdue, InboxEntry.user_id > after).distinct()
        async with self._system.begin() as session:
            users = (await session.scalars(theirs.order_by(InboxEntry.user_id).limit(self._page))).all()
            for user_id in users:
                name = f"{REMEMBER_TASK}:{user_id}"
                await enqueue(session, REMEMBER_TASK, {"user_id": str(user_id)}, lock=name, once_while_waiting=name)
        return users
