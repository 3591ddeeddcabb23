import asyncio
import time

from app.jobs.tasks import JobInfo, Task
from tests.jobs.conftest import Workshop


async def test_a_stopping_worker_lets_a_running_job_finish_and_takes_no_other(workshop: Workshop) -> None:
    started, ran = asyncio.Event(), list[int]()

    async def run(job: JobInfo) -> None:
        started.set()
        await asyncio.sleep(0.5)
        ran.append(job.id)

    async with workshop.worker(Task("slow", run), concurrency=1) as worker:
        first, second = await workshop.enqueue("slow"), await workshop.enqueue("slow")
        await started.wait()
        await worker.stop(5)
    assert ran == [first]
    assert await workshop.job(first) is None
    assert (await workshop.job(second))["state"] == "todo"
    assert not worker.healthy


async def test_a_job_that_outlasts_the_drain_goes_back_in_line_and_no_attempt_is_counted(workshop: Workshop) -> None:
    started = asyncio.Event()

    async def run(_job: JobInfo) -> None:
        started.set()
        await asyncio.sleep(60)

    async with workshop.worker(Task("slow", run)) as worker:
        job_id = await workshop.enqueue("slow")
        await started.wait()
        stopped_at = time.monotonic()
        await worker.stop(0.2)
        assert time.monotonic() - stopped_at < 3
    job = await workshop.job(job_id)
    assert (job["state"], job["attempts"], job["worker_id"]) == ("todo", 0, None)


async def test_a_worker_that_drains_longer_than_the_stalled_time_keeps_its_jobs(workshop: Workshop) -> None:
    runs = list[int]()
    started = asyncio.Event()

    async def run(job: JobInfo) -> None:
        runs.append(job.attempt)
        started.set()
        await asyncio.sleep(2)

    task = Task("slow", run)
    async with workshop.worker(task) as leaving:
        await workshop.enqueue("slow")
        await started.wait()
        async with workshop.worker(task):
            await leaving.stop(10)
    assert runs == [1]


async def test_a_worker_can_be_started_again(workshop: Workshop) -> None:
    done = asyncio.Event()

    async def run(_job: JobInfo) -> None:
        done.set()

    async with workshop.worker(Task("any", run)) as worker:
        await worker.stop(1)
        await worker.start()
        await workshop.enqueue("any")
        await asyncio.wait_for(done.wait(), 20)
