"""Workers are killed with SIGKILL, for real."""

import asyncio
import random

import pytest


async def prepare(workshop) -> None:
    async with await _owner(workshop) as connection:
        for statement in (
            "CREATE TABLE guards (job_id bigint PRIMARY KEY)",
            "CREATE TABLE effects (job_id bigint)",
            "CREATE TABLE unguarded_effects (job_id bigint)",
            "GRANT ALL ON guards, effects, unguarded_effects TO adiuva_system",
        ):
            await connection.execute(statement)


async def _owner(workshop):
    import psycopg

    return await psycopg.AsyncConnection.connect(workshop.url, autocommit=True)


async def kill_workers(workshop, *, times: int, jobs: int) -> tuple[int, int, int]:
    """Runs `jobs` jobs on two workers, killing one of them at random `times` times.

    Returns how many jobs had their effect, how many effects there are, and how many there are without a guard.
    """
    await prepare(workshop)
    workers = [workshop.process("5") for _ in range(2)]
    for kill in range(times):
        for _ in range(jobs // times):
            await workshop.enqueue("once")
        await asyncio.sleep(random.uniform(0.4, 0.9) if kill else 1.5)
        victim = random.randrange(2)
        workers[victim].kill()
        workers[victim].wait()
        workers[victim] = workshop.process("5")
    async with asyncio.timeout(60):
        while (await workshop.sql("SELECT count(*) AS n FROM procrastinate_jobs"))[0]["n"]:
            await asyncio.sleep(0.1)
    counts = await workshop.sql("""
        SELECT (SELECT count(DISTINCT job_id) FROM effects) AS done, (SELECT count(*) FROM effects) AS effects,
               (SELECT count(*) FROM unguarded_effects) AS unguarded
    """)
    return counts[0]["done"], counts[0]["effects"], counts[0]["unguarded"]


async def test_workers_killed_five_times_lose_and_double_nothing(workshop):
    assert (await kill_workers(workshop, times=5, jobs=500))[:2] == (500, 500)


@pytest.mark.faults
async def test_workers_killed_fifty_times_lose_and_double_nothing(workshop):
    done, effects, unguarded = await kill_workers(workshop, times=50, jobs=10_000)
    assert (done, effects) == (10_000, 10_000)
    assert unguarded > 10_000  # jobs were started twice; it is the guard that holds


async def test_a_job_that_kills_its_worker_each_time_ends_as_failed(workshop):
    job_id = await workshop.enqueue("deadly")
    for _ in range(3):
        process = workshop.process("1")
        await asyncio.to_thread(process.wait, 20)
    workshop.process("1")
    await workshop.until_job(job_id, lambda job: job["state"] == "failed")
    job = await workshop.job(job_id)
    assert (job["attempts"], job["failure"]) == (3, "WorkerLost")
