"""Workers that die, are taken for dead, or forget."""

import asyncio

from app.jobs.tasks import JobInfo, Retry, Task

SILENT = {"heartbeat_s": 3600}  # a worker that lives and is taken for dead: its event loop is blocked, say


async def test_the_late_end_of_a_job_that_was_given_to_another_worker_changes_nothing(workshop):
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


async def test_the_late_failure_of_a_job_that_was_given_to_another_worker_starts_no_third_run(workshop):
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


async def test_several_rescuers_at_once_count_one_attempt(workshop):
    job_id = await workshop.enqueue("any")
    await workshop.sql("UPDATE procrastinate_jobs SET status = 'doing'")  # and no worker: as after a kill and a prune

    async with workshop.worker() as one, workshop.worker() as two, workshop.worker() as three:
        await workshop.until_job(job_id, lambda job: job["failure"] == "WorkerLost")
        workers = (one, two, three)
        await workshop.until(lambda: any(worker.outcomes["any", "retried"] for worker in workers))
        assert sum(worker.outcomes["any", "retried"] for worker in workers) >= 1
    job = await workshop.job(job_id)
    assert job["attempts"] in (1, 2)  # taken again, the task nobody knows fails once more, with a pause


async def test_a_claim_whose_answer_was_lost_is_taken_back(workshop):
    done = asyncio.Event()

    async def run(_job: JobInfo) -> None:
        done.set()

    async with workshop.worker(Task("any", run)):
        await workshop.sql("""
            INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id)
            SELECT 'default', 'any', 'doing', id FROM procrastinate_workers
        """)
        await asyncio.wait_for(done.wait(), 5)


async def test_a_worker_whose_row_was_pruned_comes_back_with_its_next_heartbeat(workshop):
    done = asyncio.Event()

    async def run(_job: JobInfo) -> None:
        done.set()

    async with workshop.worker(Task("any", run)):
        await workshop.sql("DELETE FROM procrastinate_workers")
        await workshop.enqueue("any")
        await asyncio.wait_for(done.wait(), 5)


async def test_two_stalled_jobs_that_had_the_same_name_are_both_rescued(workshop):
    for _ in range(2):
        await workshop.enqueue("any", once_while_waiting="name")
        await workshop.sql("UPDATE procrastinate_jobs SET status = 'doing'")
    done = list[int]()

    async def run(job: JobInfo) -> None:
        done.append(job.id)

    async with workshop.worker(Task("any", run)):
        await workshop.until(lambda: len(done) == 2)
