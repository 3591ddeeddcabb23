import asyncio
import io
import logging
import time
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from app.errors import Overloaded
from app.jobs.tasks import JobInfo, Retry, Task
from tests.jobs.conftest import Workshop

QUICK = Retry(attempts=3, first_s=0.05, factor=1)
SECRET = "the text of a mail"


async def test_a_job_starts_within_a_second_and_is_gone_when_it_is_done(workshop: Workshop) -> None:
    started_at: list[float] = []

    async def run(job: JobInfo, *, user_id: str) -> None:
        assert (job.attempt, job.task, user_id) == (1, "any", "u")
        started_at.append(time.monotonic())

    async with workshop.worker(Task("any", run), poll_s=30) as worker:
        job_id = await workshop.enqueue("any", {"user_id": "u"})
        committed_at = time.monotonic()
        await workshop.until(lambda: bool(started_at))
        assert started_at[0] - committed_at < 1
        await workshop.until_job(job_id, lambda job: job is None)
        assert worker.outcomes["any", "finished"] == 1


async def test_a_job_that_keeps_failing_is_tried_again_and_then_put_aside(workshop: Workshop) -> None:
    attempts: list[int] = []

    async def run(job: JobInfo) -> None:
        attempts.append(job.attempt)
        raise LookupError(SECRET)

    async with workshop.worker(Task("bad", run, retry=QUICK)):
        job_id = await workshop.enqueue("bad")
        await workshop.until_job(job_id, lambda job: job["state"] == "failed")
    assert attempts == [1, 2, 3]
    job = await workshop.job(job_id)
    assert (job["attempts"], job["failure"], job["failure_code"]) == (3, "LookupError", None)


async def test_what_an_exception_says_and_a_jobs_arguments_are_written_nowhere(
    workshop: Workshop, capfd: pytest.CaptureFixture[str]
) -> None:
    async def run(_job: JobInfo, *, user_id: str) -> None:
        raise Overloaded(SECRET + user_id)

    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    with capture_logs() as lines:
        async with workshop.worker(Task("bad", run, retry=Retry(attempts=1))):
            job_id = await workshop.enqueue("bad", {"user_id": "lovelace"})
            await workshop.until_job(job_id, lambda job: job["state"] == "failed")
    failed = next(line for line in lines if line["event"] == "job_failed")
    assert (failed["error"], failed["code"], failed["attempt"], failed["job_id"]) == (
        "Overloaded",
        "overloaded",
        1,
        job_id,
    )
    logging.getLogger().removeHandler(handler)
    captured = capfd.readouterr()
    told = f"{lines}{await workshop.job(job_id) | {'args': None}}{captured.out}{captured.err}{stream.getvalue()}"
    assert SECRET not in told
    assert "lovelace" not in told


async def test_the_pauses_between_attempts_grow_fourfold_up_to_an_hour() -> None:
    pauses = [Retry().pause_after(attempt) for attempt in range(1, 9)]
    assert pauses == [5, 20, 80, 320, 1280, 3600, 3600, None]


async def test_an_error_that_another_attempt_cannot_mend_ends_the_job(workshop: Workshop) -> None:
    async def run(_job: JobInfo) -> None:
        raise LookupError

    async with workshop.worker(Task("bad", run, retry=Retry(give_up_on=(LookupError,)))):
        job_id = await workshop.enqueue("bad")
        await workshop.until_job(job_id, lambda job: job["state"] == "failed")
    assert (await workshop.job(job_id))["attempts"] == 1


async def test_a_run_that_takes_too_long_counts_as_failed(workshop: Workshop) -> None:
    async def run(_job: JobInfo) -> None:
        await asyncio.sleep(60)

    async with workshop.worker(Task("slow", run, retry=Retry(attempts=1), timeout_s=0.1)):
        job_id = await workshop.enqueue("slow")
        await workshop.until_job(job_id, lambda job: job["failure"] == "TimeoutError")


async def test_a_task_this_process_does_not_know_is_left_for_another_attempt(workshop: Workshop) -> None:
    async with workshop.worker():
        job_id = await workshop.enqueue("of_a_newer_version")
        await workshop.until_job(job_id, lambda job: job["failure"] == "TaskNotFound")
    job = await workshop.job(job_id)
    assert job["state"] == "todo"
    assert job["scheduled_at"] > datetime.now(UTC)


async def test_jobs_with_one_lock_run_one_at_a_time_and_in_order(workshop: Workshop) -> None:
    seen: list[tuple[str, int]] = []

    async def run(_job: JobInfo, *, n: int) -> None:
        seen.append(("start", n))
        await asyncio.sleep(0.01)
        seen.append(("end", n))

    for n in range(10):
        await workshop.enqueue("any", {"n": n}, lock="device:1")
    began_at = time.monotonic()
    task = Task("any", run)
    async with workshop.worker(task, poll_s=1), workshop.worker(task, poll_s=1):
        await workshop.until(lambda: len(seen) == 20)
    assert seen == [(word, n) for n in range(10) for word in ("start", "end")]
    assert time.monotonic() - began_at < 3  # the end of one wakes the next, not the poll


async def test_a_job_waits_for_its_time(workshop: Workshop) -> None:
    started_at: list[datetime] = []

    async def run(_job: JobInfo) -> None:
        started_at.append(datetime.now(UTC))

    due_at = datetime.now(UTC) + timedelta(seconds=0.7)
    async with workshop.worker(Task("any", run)):
        await workshop.enqueue("any", not_before=due_at)
        await workshop.until(lambda: bool(started_at))
    assert timedelta(seconds=-0.05) < started_at[0] - due_at < timedelta(seconds=1)


async def test_a_retried_job_gives_up_its_name_when_another_took_it(workshop: Workshop) -> None:
    """procrastinate would break a unique index here, and the job would stay 'running' for ever."""
    go_on = asyncio.Event()

    async def run(_job: JobInfo) -> None:
        await go_on.wait()
        raise LookupError

    first = await workshop.enqueue("bad", once_while_waiting="name")
    async with workshop.worker(Task("bad", run), concurrency=1):
        await workshop.until_job(first, lambda job: job["state"] == "doing")
        second = await workshop.enqueue("bad", once_while_waiting="name")
        go_on.set()
        await workshop.until_job(first, lambda job: job["state"] == "todo" and job["attempts"] == 1)
    assert (await workshop.job(first))["queueing_lock"] is None
    assert (await workshop.job(second)) is not None
