"""What administrators see of background work, and the few things that may be done to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Conflict, NotFound
from app.jobs.statements import WAKE
from app.kit.system_db import SystemDatabase

JobStatus = Literal["waiting", "running", "failed"]

_IN_THE_TABLE: dict[JobStatus, list[str]] = {
    "waiting": ["todo"],
    "running": ["doing"],
    "failed": ["failed", "aborted", "cancelled"],
}

_PAGE = text("""
    SELECT job.id, job.task_name, job.status::text AS status, job.attempts, job.scheduled_at, job.failure,
           job.failure_code, job.args->>'user_id' AS user_id,
           (SELECT min(event.at) FROM procrastinate_events event
            WHERE event.job_id = job.id AND event.type = 'deferred') AS queued_at
    FROM procrastinate_jobs job WHERE job.status::text = ANY(:statuses)
    ORDER BY job.id DESC LIMIT :limit OFFSET :skipped
""")

_TOTAL = text("SELECT count(*) FROM procrastinate_jobs job WHERE job.status::text = ANY(:statuses)")

# It gives up its `once_while_waiting` name: another job may hold that by now, and an administrator wants this one run.
_RETRY = text(f"""
    UPDATE procrastinate_jobs job SET status = 'todo', attempts = 0, scheduled_at = NULL, queueing_lock = NULL
    WHERE job.id = :job_id AND job.status::text = ANY(:failed) RETURNING job.id, {WAKE}
""")  # noqa: S608 - built from constants

_EXISTS = text("SELECT exists(SELECT FROM procrastinate_jobs WHERE id = :job_id)")

_FORGET = text("""
    DELETE FROM procrastinate_jobs
    WHERE args->>'user_id' = :user_id AND id IS DISTINCT FROM CAST(:but AS bigint) RETURNING id
""")


class JobNotFailed(Conflict):
    code = "job_not_failed"


@dataclass(frozen=True)
class JobView:
    """A job without its arguments. A job that succeeded is gone, so it has no status."""

    id: int
    task: str
    status: JobStatus
    attempts: int  # that have ended
    scheduled_at: datetime | None  # not before; of a waiting job with attempts: when the next one is due
    queued_at: datetime | None
    user_id: str | None
    error: str | None  # of the last attempt that failed: a code when clients know one, else the exception's class


class AllJobs:
    """Everyone's jobs, for administrators."""

    def __init__(self, system: SystemDatabase) -> None:
        self._system = system

    async def list(self, status: JobStatus | None, page: int, limit: int) -> tuple[Sequence[JobView], int]:
        """A page (from 1) of jobs, newest first, and how many there are on all pages."""
        wanted = _IN_THE_TABLE[status] if status else [name for names in _IN_THE_TABLE.values() for name in names]
        skipped = (page - 1) * limit
        async with self._system.begin() as session:
            rows = await session.execute(_PAGE, {"statuses": wanted, "limit": limit, "skipped": skipped})
            total = await session.scalar(_TOTAL, {"statuses": wanted})
            return [_view(row) for row in rows.mappings()], int(total or 0)


async def retry(session: AsyncSession, job_id: int) -> None:
    """Put a failed job back in line, at once and with all its attempts. In a system session.

    Raises `NotFound`, `JobNotFailed`.
    """
    if (await session.execute(_RETRY, {"job_id": job_id, "failed": _IN_THE_TABLE["failed"]})).first():
        return
    if await session.scalar(_EXISTS, {"job_id": job_id}):
        raise JobNotFailed("Only a failed job can be put back; this one waits or runs.")
    raise NotFound("There is no such job.")


async def forget_user(session: AsyncSession, user_id: UUID, *, but: int | None = None) -> int:
    """Delete the jobs of a user, in whatever state; returns how many. For erasure, in a system session.

    `but` is the job that erases. A job of the user that is running now goes on to its end (at most its
    task's time-out) and finds its row gone; what it still writes fails with the user's rows and keys.
    """
    values = {"user_id": str(user_id), "but": but}
    return len((await session.execute(_FORGET, values)).all())


def _view(row: RowMapping) -> JobView:
    status = next(status for status, names in _IN_THE_TABLE.items() if row["status"] in names)
    return JobView(
        id=row["id"],
        task=row["task_name"],
        status=status,
        attempts=row["attempts"],
        scheduled_at=row["scheduled_at"],
        queued_at=row["queued_at"],
        user_id=row["user_id"],
        error=row["failure_code"] or row["failure"],
    )
