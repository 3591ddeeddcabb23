import asyncio
import contextlib

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.jobs.queue import enqueue
from app.jobs.tasks import JobInfo, Task
from tests.jobs.conftest import Workshop


class Undone(Exception):
    pass


async def test_a_job_exists_only_if_its_transaction_commits(workshop: Workshop) -> None:
    lost = None
    with contextlib.suppress(Undone):
        async with workshop.db.of_nobody() as session:
            lost = await enqueue(session, "any", {})
            raise Undone
    assert lost is not None
    kept = await workshop.enqueue("any", {"user_id": "u", "count": 3})
    assert await workshop.job(lost) is None
    assert (await workshop.job(kept))["args"] == {"user_id": "u", "count": 3}


async def test_a_request_can_add_a_job_and_see_none(workshop: Workshop) -> None:
    await workshop.enqueue("any")
    async with workshop.db.of_nobody() as session:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await session.execute(text("SELECT id FROM procrastinate_jobs"))


async def test_a_job_named_once_while_waiting_is_added_once_and_the_callers_transaction_goes_on(
    workshop: Workshop,
) -> None:
    assert await workshop.enqueue("any", once_while_waiting="mail:1") is not None
    async with workshop.db.of_nobody() as session:
        assert await enqueue(session, "any", {}, once_while_waiting="mail:1") is None
        assert await enqueue(session, "any", {}, once_while_waiting="mail:2") is not None
    assert (await workshop.sql("SELECT count(*) AS n FROM procrastinate_jobs"))[0]["n"] == 2


async def test_a_name_is_free_again_once_its_job_has_started(workshop: Workshop) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def run(_job: JobInfo) -> None:
        started.set()
        await go_on.wait()

    await workshop.enqueue("slow", once_while_waiting="name")
    async with workshop.worker(Task("slow", run), concurrency=1):
        await started.wait()
        assert await workshop.enqueue("slow", once_while_waiting="name") is not None
        go_on.set()


async def test_many_callers_at_once_add_a_job_named_once_while_waiting_once(workshop: Workshop) -> None:
    added = await asyncio.gather(*(workshop.enqueue("any", once_while_waiting="name") for _ in range(8)))
    assert len([job_id for job_id in added if job_id is not None]) == 1


async def test_a_waiting_job_does_not_start_before_a_cause_it_also_stands_for_is_committed(workshop: Workshop) -> None:
    """Else it would run, see nothing of the cause, and the cause would have no job."""
    started = asyncio.Event()

    async def run(_job: JobInfo) -> None:
        started.set()

    await workshop.enqueue("any", once_while_waiting="name")
    async with contextlib.AsyncExitStack() as until_the_end:
        async with workshop.db.of_nobody() as session:
            assert await enqueue(session, "any", {}, once_while_waiting="name") is None
            await until_the_end.enter_async_context(workshop.worker(Task("any", run)))
            await asyncio.sleep(1)
            assert not started.is_set()
        await asyncio.wait_for(started.wait(), 20)
