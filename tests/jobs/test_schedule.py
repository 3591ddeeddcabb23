import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.jobs.purge import KEEP_FAILED, daily_purge
from app.jobs.schedule import Periodic
from app.jobs.tasks import JobInfo, Task
from app.kit.clock import SystemClock
from tests.jobs.conftest import Workshop


def two_hours_ago() -> str:
    """A tick that was missed, and is made up for when the workers start."""
    then = datetime.now(UTC) - timedelta(hours=2)
    return f"{then.minute} {then.hour} * * *"


async def test_several_workers_start_each_tick_once(workshop: Workshop) -> None:
    runs = list[int]()

    async def run(job: JobInfo) -> None:
        runs.append(job.id)

    tick = Periodic(Task("tick", run), two_hours_ago())
    async with workshop.worker(periodic=(tick,)), workshop.worker(periodic=(tick,)), workshop.worker(periodic=(tick,)):
        await workshop.until(lambda: bool(runs))
        await asyncio.sleep(0.5)
    async with workshop.worker(periodic=(tick,)):
        await asyncio.sleep(0.5)
    assert len(runs) == 1


@pytest.mark.parametrize("cron", ["* * * * * *", "61 * * * *", "", "@daily"])
def test_only_five_field_cron_is_taken(cron: str) -> None:
    async def run(_job: JobInfo) -> None: ...

    with pytest.raises(ValueError, match="five-field"):
        Periodic(Task("tick", run), cron)


async def test_failed_jobs_are_purged_after_thirty_days(workshop: Workshop) -> None:
    old, recent, waiting = [await workshop.enqueue("any") for _ in range(3)]
    await workshop.sql("UPDATE procrastinate_jobs SET status = 'doing' WHERE id IN (:a, :b)", a=old, b=recent)
    await workshop.sql("UPDATE procrastinate_jobs SET status = 'failed' WHERE id IN (:a, :b)", a=old, b=recent)
    long_ago = datetime.now(UTC) - KEEP_FAILED - timedelta(minutes=1)
    await workshop.sql(
        "UPDATE procrastinate_events SET at = :at WHERE job_id IN (:a, :b)", at=long_ago, a=old, b=waiting
    )
    purge = daily_purge(workshop.system, SystemClock())
    await purge.task.run(JobInfo(1, 1, "jobs.purge"))
    assert await workshop.job(old) is None
    assert await workshop.job(recent) is not None
    assert await workshop.job(waiting) is not None
