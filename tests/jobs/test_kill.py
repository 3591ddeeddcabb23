"""Workers are killed with SIGKILL, for real."""

import asyncio
import random

import psycopg
import pytest

from tests.jobs.conftest import Workshop


async def prepare(workshop: Workshop) -> None:
    async with await psycopg.AsyncConnection.connect(workshop.url, autocommit=True) as connection:
        for statement in (
            "CREATE TABLE guards (job_id bigint PRIMARY KEY)",
            "CREATE TABLE effects (job_id bigint)",
            "CREATE TABLE unguarded_effects (job_id bigint)",
            "GRANT ALL ON guards, effects, unguarded_effects TO adiuva_system",
        ):
            await connection.execute(statement)


async def until_running(workshop: Workshop, jobs: int) -> None:
    """A kill is to hit workers at work."""
    async with asyncio.timeout(30):
        while await count(workshop, "procrastinate_jobs WHERE status = 'doing'") < jobs:  # noqa: ASYNC110 - from outside
            await asyncio.sleep(0.005)


async def count(workshop: Workshop, rows: str) -> int:
    return int((await workshop.sql(f"SELECT count(*) AS n FROM {rows}"))[0]["n"])


async def kill_workers(workshop: Workshop, *, times: int, jobs: int) -> tuple[int, int, int]:
    """Runs `jobs` jobs on two workers, killing one of them at random `times` times.

    Returns how many jobs had their effect, how many effects there are, and how many there are without a guard.
    """
    await prepare(workshop)
    workers = [workshop.process("5") for _ in range(2)]
    for _ in range(times):
        for _ in range(jobs // times):
            await workshop.enqueue("once")
        await until_running(workshop, 5)
        await asyncio.sleep(random.uniform(0, 0.3))
        victim = random.randrange(2)
        workers[victim].kill()
        workers[victim].wait()
        workers[victim] = workshop.process("5")
    async with asyncio.timeout(60):
        while await count(workshop, "procrastinate_jobs"):  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.1)
    done = await count(workshop, "(SELECT DISTINCT job_id FROM effects) AS jobs")
    return done, await count(workshop, "effects"), await count(workshop, "unguarded_effects")


@pytest.mark.faults
async def test_workers_killed_five_times_lose_and_double_nothing(workshop: Workshop) -> None:
    done, effects, unguarded = await kill_workers(workshop, times=5, jobs=750)
    assert (done, effects) == (750, 750)
    assert unguarded > 750  # jobs were started twice; it is the guard that holds


@pytest.mark.faults
async def test_workers_killed_fifty_times_lose_and_double_nothing(workshop: Workshop) -> None:
    done, effects, unguarded = await kill_workers(workshop, times=50, jobs=7_500)
    assert (done, effects) == (7_500, 7_500)
    assert unguarded > 7_500


@pytest.mark.faults
async def test_a_job_that_kills_its_worker_each_time_ends_as_failed(workshop: Workshop) -> None:
    job_id = await workshop.enqueue("deadly")
    for _ in range(3):
        process = workshop.process("1")
        await asyncio.to_thread(process.wait, 20)
    workshop.process("1")
    await workshop.until_job(job_id, lambda job: job["state"] == "failed")
    job = await workshop.job(job_id)
    assert (job["attempts"], job["failure"]) == (3, "WorkerLost")
