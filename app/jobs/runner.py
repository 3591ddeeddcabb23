"""One attempt at one job: what stands between procrastinate and a task."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from procrastinate import JobContext

from app.jobs.claims import Claims
from app.jobs.tasks import Failure, JobInfo, Task

log = structlog.stdlib.get_logger()


class AttemptFailed(Exception):
    """Tells procrastinate that an attempt failed, and nothing else: what the cause says may be content."""


def runner(task: Task, claims: Claims, *, ticks: bool) -> Callable[..., Awaitable[None]]:
    """The function procrastinate calls for this task. `ticks`: it is started by the clock, whose time it is not told."""

    async def run(context: JobContext, **args: Any) -> None:
        assert context.job.id is not None
        if ticks:
            args.pop("timestamp", None)
        job = JobInfo(id=context.job.id, attempt=context.job.attempts + 1, task=task.name)
        with structlog.contextvars.bound_contextvars(job_id=job.id, task=job.task, attempt=job.attempt):
            log.info("job_started")
            try:
                async with asyncio.timeout(task.timeout_s):
                    await task.run(job, **args)
            except Exception as error:  # noqa: BLE001 - the edge of the job runner
                claims.note(job.id, Failure.of(error, task.retry))
                raise AttemptFailed from None

    return run
