"""Postgres goes away, and comes back, under a worker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.jobs.tasks import JobInfo, Task
from tests.jobs.conftest import Workshop

CUT = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'adiuva-jobs'
"""


class Cable:
    """A TCP connection to Postgres that can be pulled out, and put back."""

    def __init__(self, url: str) -> None:
        self._there = make_url(url)
        self._writers: set[asyncio.StreamWriter] = set()
        self._pulled = False
        self.url = ""

    @asynccontextmanager
    async def plugged(self) -> AsyncIterator["Cable"]:
        async with await asyncio.start_server(self._carry, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            self.url = self._there.set(port=port, host="127.0.0.1").render_as_string(hide_password=False)
            yield self
            self.pull()

    def pull(self) -> None:
        self._pulled = True
        for writer in self._writers:
            writer.transport.abort()

    def put_back(self) -> None:
        self._pulled = False

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._pulled:
            writer.transport.abort()
            return
        there_reader, there_writer = await asyncio.open_connection(self._there.host, self._there.port)
        self._writers |= {writer, there_writer}
        await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


async def cut(url: str) -> int:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        row = await (await connection.execute(CUT.encode())).fetchone()
        assert row is not None
        return int(row[0])


async def test_a_worker_goes_on_after_all_its_connections_were_cut(workshop: Workshop) -> None:
    done = list[int]()

    async def run(_job: JobInfo, *, n: int) -> None:
        done.append(n)

    async with workshop.worker(Task("any", run)) as worker:
        for n in range(3):
            cut_off = 0
            while cut_off < 2:  # the pool's and the listener's, when both are back from the last time
                cut_off += await cut(workshop.url)
            await workshop.enqueue("any", {"n": n})
            await workshop.until(lambda: len(done) == n + 1)  # noqa: B023 - called in this turn of the loop only
        await workshop.until(lambda: worker.healthy)
    assert done == [0, 1, 2]


@pytest.mark.faults
async def test_a_job_that_runs_through_an_outage_runs_once_and_its_end_is_written(workshop: Workshop) -> None:
    runs, go_on = list[int](), asyncio.Event()

    async def run(job: JobInfo) -> None:
        runs.append(job.attempt)
        await go_on.wait()

    async with Cable(workshop.url).plugged() as cable, workshop.worker(Task("slow", run), url=cable.url) as worker:
        job_id = await workshop.enqueue("slow")
        await workshop.until(lambda: bool(runs))
        cable.pull()
        await workshop.until(lambda: not worker.healthy)
        go_on.set()
        await asyncio.sleep(1.5)
        cable.put_back()
        await workshop.until_job(job_id, lambda job: job is None, within_s=4)
        await workshop.until(lambda: worker.healthy)
    assert runs == [1]


async def test_a_worker_that_starts_without_a_database_begins_when_there_is_one(workshop: Workshop) -> None:
    done = asyncio.Event()

    async def run(_job: JobInfo) -> None:
        done.set()

    async with Cable(workshop.url).plugged() as cable:
        cable.pull()
        asyncio.get_running_loop().call_later(2, cable.put_back)
        async with workshop.worker(Task("any", run), url=cable.url):
            await workshop.enqueue("any")
            await asyncio.wait_for(done.wait(), 10)


@pytest.mark.faults
async def test_a_stop_during_an_outage_returns_and_its_jobs_are_rescued(workshop: Workshop) -> None:
    runs = list[int]()

    async def run(job: JobInfo) -> None:
        runs.append(job.attempt)
        if job.attempt == 1:
            await asyncio.sleep(60)

    task = Task("slow", run)
    async with Cable(workshop.url).plugged() as cable, workshop.worker(task, url=cable.url) as worker:
        job_id = await workshop.enqueue("slow")
        await workshop.until(lambda: bool(runs))
        cable.pull()
        async with asyncio.timeout(12):
            await worker.stop(0.1)
    async with workshop.worker(task):
        await workshop.until_job(job_id, lambda job: job is None)
    assert runs == [1, 2]
