"""A worker in a process of its own, to be killed. Arguments: database URL, concurrency."""

import asyncio
import os
import random
import signal
import sys

from sqlalchemy import text

from app.jobs.tasks import JobInfo, Retry, Task
from app.jobs.worker import Worker
from app.kit.system_db import SystemDatabase

GUARD = text("INSERT INTO guards (job_id) VALUES (:id) ON CONFLICT DO NOTHING RETURNING job_id")
EFFECT = text("INSERT INTO effects (job_id) VALUES (:id)")
UNGUARDED = text("INSERT INTO unguarded_effects (job_id) VALUES (:id)")


async def main(url: str, concurrency: int) -> None:
    system = SystemDatabase(url, pool_size=concurrency)

    async def once(job: JobInfo) -> None:
        async with system.begin() as session:
            await session.execute(UNGUARDED, {"id": job.id})
        await asyncio.sleep(random.random() * 0.01)
        async with system.begin() as session:
            if (await session.execute(GUARD, {"id": job.id})).first():
                await session.execute(EFFECT, {"id": job.id})
        await asyncio.sleep(random.random() * 0.06)  # done, and not yet said so

    async def deadly(_job: JobInfo) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    tasks = [Task("once", once, retry=Retry(attempts=10_000)), Task("deadly", deadly, retry=Retry(attempts=3))]
    worker = Worker(
        url, tasks, concurrency=concurrency, heartbeat_s=0.2, stalled_after_s=0.6, rescue_every_s=0.2, poll_s=0.1
    )
    await worker.start()
    await asyncio.Event().wait()


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
