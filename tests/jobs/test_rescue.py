"""Workers that die, are taken for dead, or forget."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from app.jobs.tasks import JobInfo, Retry, Task
from tests.jobs.conftest import Workshop

# A worker that lives and is taken for dead, as when its event loop is blocked. It has room for one job only, since
# it would send a heartbeat before it claims another.
SILENT: dict[str, Any] = {"heartbeat_s": 3600, "concurrency": 1}


async def test_the_late_end_of_a_job_that_was_given_to_another_worker_changes_nothing(workshop: Workshop) -> None:
    go_on = {1: asyncio.Event(), 2: asyncio.Event()}
    started = list[int]()

    async def run(job: JobInfo) -> None:
        started.append(job.attempt)
        await go_on[job.attempt].wait()

    task = Task("slow", run)
    async with workshop.worker(task, **SILENT) as slow:
        job_id = await workshop.enqueue("slow")
        await workshop.until(lambda: started == [1])
        async with workshop.worker(task) as other:
            await workshop.until(lambda: started == [1, 2])
            go_on[1].set()
            await workshop.until(lambda: slow.outcomes["slow", "lost"] == 1)
            job = await workshop.job(job_id)
            assert (job["state"], job["attempts"]) == ("doing", 1)
            go_on[2].set()
            await workshop.until_job(job_id, lambda job: job is None)
            assert other.outcomes["slow", "finished"] == 1


async def test_the_late_failure_of_a_job_that_was_given_to_another_worker_starts_no_third_run(
    workshop: Workshop,
) -> None:
    go_on = {1: asyncio.Event(), 2: asyncio.Event()}
    started = list[int]()

    async def run(job: JobInfo) -> None:
        started.append(job.attempt)
        await go_on[job.attempt].wait()
        if job.attempt == 1:
            raise LookupError

    task = Task("slow", run, retry=Retry(first_s=0))
    async with workshop.worker(task, **SILENT) as slow, workshop.worker(task) as other:
        await other.stop(0)
        job_id = await workshop.enqueue("slow")
        await workshop.until(lambda: started == [1])
        await other.start()
        await workshop.until(lambda: started == [1, 2])
        go_on[1].set()
        await workshop.until(lambda: slow.outcomes["slow", "lost"] == 1)
        assert (await workshop.job(job_id))["state"] == "doing"
        go_on[2].set()
        await workshop.until_job(job_id, lambda job: job is None)
    assert started == [1, 2]


async def test_a_worker_that_was_silent_sends_a_heartbeat_before_it_claims(workshop: Workshop) -> None:
    """Else whoever watches would take the job away at once."""
    started, busy = list[int](), asyncio.Event()

    async def run(job: JobInfo) -> None:
        started.append(job.attempt)
        await asyncio.sleep(0.4)

    async def occupy(_job: JobInfo) -> None:
        busy.set()
        await asyncio.sleep(60)

    async with workshop.worker(Task("occupy", occupy), concurrency=1) as watching:
        await workshop.enqueue("occupy")
        await busy.wait()
        async with workshop.worker(Task("any", run), heartbeat_s=3600):
            await asyncio.sleep(1)
            job_id = await workshop.enqueue("any")
            await workshop.until_job(job_id, lambda job: job is None)
        assert watching.outcomes["any", "retried"] == 0
    assert started == [1]


async def test_several_rescuers_at_once_count_one_attempt(workshop: Workshop) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    job_id = await workshop.enqueue("any", not_before=later)
    await workshop.sql("UPDATE procrastinate_jobs SET status = 'doing'")  # and no worker: as after a kill and a prune
    async with workshop.worker() as one, workshop.worker() as two, workshop.worker() as three:
        await workshop.until_job(job_id, lambda job: job["failure"] == "WorkerLost")
        await asyncio.sleep(0.5)
        assert sum(worker.outcomes["any", "retried"] for worker in (one, two, three)) == 1
    assert (await workshop.job(job_id))["attempts"] == 1


async def test_a_claim_whose_answer_was_lost_is_taken_back(workshop: Workshop) -> None:
    done = asyncio.Event()

    async def run(_job: JobInfo) -> None:
        done.set()

    async with workshop.worker(Task("any", run)):
        await workshop.sql("""
            INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id)
            SELECT 'default', 'any', 'doing', id FROM procrastinate_workers
        """)
        await asyncio.wait_for(done.wait(), 20)


async def test_a_worker_whose_row_was_pruned_comes_back_with_its_next_heartbeat(workshop: Workshop) -> None:
    done = asyncio.Event()

    async def run(_job: JobInfo) -> None:
        done.set()

    async with workshop.worker(Task("any", run)):
        await workshop.sql("DELETE FROM procrastinate_workers")
        await workshop.enqueue("any")
        await asyncio.wait_for(done.wait(), 20)


async def test_two_stalled_jobs_that_had_the_same_name_are_both_rescued(workshop: Workshop) -> None:
    for _ in range(2):
        await workshop.enqueue("any", once_while_waiting="name")
        await workshop.sql("UPDATE procrastinate_jobs SET status = 'doing'")
    done = list[int]()

    async def run(job: JobInfo) -> None:
        done.append(job.id)

    async with workshop.worker(Task("any", run)):
        await workshop.until(lambda: len(done) == 2)
