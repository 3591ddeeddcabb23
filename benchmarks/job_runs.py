"""One worker and its jobs in a process of their own: `python -m benchmarks.job_runs`, JSON in, JSON out."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import orjson
from procrastinate import App, PsycopgConnector

from app.jobs.queue import enqueue
from app.jobs.tasks import JobInfo, Task
from app.jobs.worker import Worker
from app.kit.db import Database
from app.logging import set_up_logging
from benchmarks.rounds import percentile

CONCURRENCY = 5
NAME = "nothing"
EACH_S, ALL_S = 10, 120


class Started:
    """Counts the jobs that have started."""

    def __init__(self) -> None:
        self._count = 0
        self._more = asyncio.Condition()

    async def one(self) -> None:
        async with self._more:
            self._count += 1
            self._more.notify_all()

    async def until(self, count: int, within_s: float) -> None:
        async with asyncio.timeout(within_s), self._more:
            await self._more.wait_for(lambda: self._count >= count)

    @property
    def count(self) -> int:
        return self._count


class Side(Protocol):
    async def add(self, count: int) -> None: ...


class Ours:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, count: int) -> None:
        async with self._db.of_nobody() as session:
            for _ in range(count):
                await enqueue(session, NAME, {})

    @classmethod
    @asynccontextmanager
    async def running(cls, url: str, started: Started) -> AsyncIterator[Side]:
        async def nothing(_job: JobInfo) -> None:
            await started.one()

        db, worker = Database(url), Worker(url, [Task(NAME, nothing)], concurrency=CONCURRENCY)
        await db.open()
        await worker.start()
        try:
            async with asyncio.timeout(EACH_S):
                while not worker.healthy:  # noqa: ASYNC110 - looked at from outside
                    await asyncio.sleep(0.01)
            yield cls(db)
        finally:
            await worker.stop(5)
            await db.close()


class Bare:
    def __init__(self, task: Any) -> None:
        self._task = task

    async def add(self, count: int) -> None:
        if count == 1:
            await self._task.defer_async()
        else:
            await self._task.batch_defer_async(*({} for _ in range(count)))

    @classmethod
    @asynccontextmanager
    async def running(cls, url: str, started: Started) -> AsyncIterator[Side]:
        app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=4))

        @app.task(name=NAME, queue="bare")
        async def nothing() -> None:
            await started.one()

        async with app.open_async():
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=["bare"],
                    concurrency=CONCURRENCY,
                    fetch_job_polling_interval=1,
                    install_signal_handlers=False,
                )
            )
            await asyncio.sleep(0.5)  # until it listens
            try:
                yield cls(nothing)
            finally:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)


async def measured(side: Side, started: Started, *, one_by_one: int, at_once: int) -> dict[str, float]:
    took_ms = []
    for number in range(one_by_one + 20):
        before = time.perf_counter()
        await side.add(1)
        await started.until(number + 1, EACH_S)
        if number >= 20:  # the first ones warm up
            took_ms.append((time.perf_counter() - before) * 1000)
    await asyncio.sleep(0.2)
    before, cpu_before = time.perf_counter(), time.process_time()
    await side.add(at_once)
    await started.until(one_by_one + 20 + at_once, ALL_S)
    return {
        "p50_ms": percentile(took_ms, 0.5),
        "p99_ms": percentile(took_ms, 0.99),
        "per_s": at_once / (time.perf_counter() - before),
        "cpu_us": (time.process_time() - cpu_before) / at_once * 1e6,
    }


async def main() -> None:
    told = orjson.loads(sys.stdin.buffer.read())
    set_up_logging(level="error", as_json=True)
    started = Started()
    running = {"ours": Ours.running, "bare": Bare.running}[told["kind"]]
    async with running(told["url"], started) as side:
        found = await measured(side, started, one_by_one=told["one_by_one"], at_once=told["at_once"])
    sys.stdout.buffer.write(orjson.dumps(found))


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
