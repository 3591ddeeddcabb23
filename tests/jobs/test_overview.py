import asyncio
from uuid import uuid4

import pytest

from app.errors import NotFound
from app.jobs.overview import AllJobs, JobNotFailed, forget_user, retry
from app.jobs.tasks import JobInfo, Retry, Task
from tests.jobs.conftest import Workshop


async def retry_now(workshop: Workshop, job_id: int | None) -> None:
    async with workshop.system.begin() as session:
        assert job_id is not None
        await retry(session, job_id)


async def test_administrators_see_jobs_by_status_newest_first_and_in_pages(workshop: Workshop) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_job: JobInfo) -> None:
        started.set()
        await go_on.wait()

    async def bad(_job: JobInfo, **_args: str) -> None:
        raise LookupError

    tasks = Task("slow", slow), Task("bad", bad, retry=Retry(attempts=1))
    async with workshop.worker(*tasks) as worker:
        running = await workshop.enqueue("slow")
        failed = await workshop.enqueue("bad", {"user_id": "u"})
        await workshop.until(lambda: worker.outcomes["bad", "failed"] == 1)
        await started.wait()
        all_jobs = AllJobs(workshop.system)
        rows, total = await all_jobs.list(None, 1, 50)
        assert ([row.id for row in rows], total) == ([failed, running], 2)
        assert (rows[0].status, rows[0].attempts, rows[0].error, rows[0].user_id) == ("failed", 1, "LookupError", "u")
        assert (rows[1].status, rows[1].attempts, rows[1].error, rows[1].user_id) == ("running", 0, None, None)
        assert rows[0].queued_at is not None
        assert [row.id for row in (await all_jobs.list(None, 2, 1))[0]] == [running]
        assert await all_jobs.list("waiting", 1, 50) == ([], 0)
        assert [row.id for row in (await all_jobs.list("failed", 1, 50))[0]] == [failed]
        go_on.set()


async def test_a_failed_job_that_is_put_back_runs_again_with_all_its_attempts(workshop: Workshop) -> None:
    attempts = list[int]()

    async def run(job: JobInfo) -> None:
        attempts.append(job.attempt)
        if len(attempts) < 4:
            raise LookupError

    async with workshop.worker(Task("bad", run, retry=Retry(attempts=2, first_s=0)), poll_s=0.1):
        job_id = await workshop.enqueue("bad")
        await workshop.until_job(job_id, lambda job: job["state"] == "failed")
        await retry_now(workshop, job_id)
        await workshop.until_job(job_id, lambda job: job is None)
    assert attempts == [1, 2, 1, 2]


async def test_only_a_failed_job_can_be_put_back(workshop: Workshop) -> None:
    job_id = await workshop.enqueue("any")
    with pytest.raises(JobNotFailed):
        await retry_now(workshop, job_id)
    with pytest.raises(NotFound):
        await retry_now(workshop, 10**9)


async def test_erasing_a_user_forgets_their_jobs_but_the_one_that_erases(workshop: Workshop) -> None:
    ann, ben = uuid4(), uuid4()
    erasing = await workshop.enqueue("erase", {"user_id": str(ann)})
    for _ in range(2):
        await workshop.enqueue("any", {"user_id": str(ann)})
    others = await workshop.enqueue("any", {"user_id": str(ben)})
    async with workshop.system.begin() as session:
        assert await forget_user(session, ann, but=erasing) == 2
    left = await workshop.sql("SELECT id FROM procrastinate_jobs ORDER BY id")
    assert [row["id"] for row in left] == [erasing, others]
