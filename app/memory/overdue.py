"""Turns that have waited long to be remembered: the job of their user has failed for good."""

from datetime import timedelta

from sqlalchemy import select

from app.jobs.queue import enqueue
from app.jobs.tasks import JobInfo
from app.kit.clock import Clock
from app.kit.system_db import SystemDatabase
from app.memory.models import InboxEntry
from app.threads.finishing import REMEMBER_TASK

OVERDUE = timedelta(minutes=30)


class Overdue:
    def __init__(self, system: SystemDatabase, clock: Clock) -> None:
        self._system, self._clock = system, clock

    async def start_again(self, _job: JobInfo) -> None:
        """A new job for each of these users, unless one waits already."""
        theirs = select(InboxEntry.user_id).where(InboxEntry.created_at < self._clock.now() - OVERDUE).distinct()
        async with self._system.begin() as session:
            for user_id in (await session.scalars(theirs)).all():
                name = f"{REMEMBER_TASK}:{user_id}"
                await enqueue(session, REMEMBER_TASK, {"user_id": str(user_id)}, lock=name, once_while_waiting=name)
