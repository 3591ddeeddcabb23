"""How long jobs are kept. One that succeeded goes at once, in the statement that ends it; one that failed, after 30 days."""

from datetime import timedelta

from sqlalchemy import text

from app.jobs.schedule import Periodic
from app.jobs.tasks import JobInfo, Task
from app.kit.clock import Clock
from app.kit.system_db import SystemDatabase

KEEP_FAILED = timedelta(days=30)
DEAD_FOR = timedelta(days=1)

_FAILED = text("""
    DELETE FROM procrastinate_jobs job
    WHERE job.status IN ('failed', 'aborted', 'cancelled')
      AND NOT EXISTS (SELECT FROM procrastinate_events event WHERE event.job_id = job.id AND event.at >= :before)
""")

_DEAD_WORKERS = text("DELETE FROM procrastinate_workers WHERE last_heartbeat < :before")


def daily_purge(system: SystemDatabase, clock: Clock) -> Periodic:
    """The one periodic task this package brings itself."""

    async def run(_job: JobInfo) -> None:
        async with system.begin() as session:
            await session.execute(_FAILED, {"before": clock.now() - KEEP_FAILED})
            await session.execute(_DEAD_WORKERS, {"before": clock.now() - DEAD_FOR})

    return Periodic(Task("jobs.purge", run), "17 3 * * *")
