"""A database of its own for every test here: workers take whatever job they find."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import CursorResult, text

from app.jobs.queue import enqueue
from app.jobs.schedule import Periodic
from app.jobs.tasks import Task
from app.jobs.worker import Worker
from app.kit.db import Database
from app.kit.system_db import SystemDatabase

ROOT = Path(__file__).parent.parent.parent
FAST: dict[str, Any] = {"heartbeat_s": 0.2, "stalled_after_s": 0.6, "rescue_every_s": 0.2, "poll_s": 0.2}


class Workshop:
    """Jobs, and workers to run them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.db = Database(url)
        self.system = SystemDatabase(url)
        self._processes: list[subprocess.Popen[bytes]] = []

    async def enqueue(self, task: str, args: dict[str, str | int] | None = None, **options: Any) -> int | None:
        async with self.db.of_nobody() as session:
            return await enqueue(session, task, args or {}, **options)

    @asynccontextmanager
    async def worker(
        self, *tasks: Task, url: str | None = None, periodic: tuple[Periodic, ...] = (), **options: Any
    ) -> AsyncIterator[Worker]:
        worker = Worker(url or self.url, tasks, periodic=periodic, **(FAST | options))
        await worker.start()
        try:
            await self.until(lambda: worker.healthy)
            yield worker
        finally:
            await worker.stop(0)

    async def sql(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        async with self.system.begin() as session:
            result = await session.execute(text(statement), values)
            return (
                [dict(row) for row in result.mappings()]
                if isinstance(result, CursorResult) and result.returns_rows
                else []
            )

    async def job(self, job_id: int | None) -> Any:
        """Its row, or None."""
        rows = await self.sql("SELECT *, status::text AS state FROM procrastinate_jobs WHERE id = :id", id=job_id)
        return rows[0] if rows else None

    async def until(self, holds: Callable[[], bool], within_s: float = 20) -> None:
        async with asyncio.timeout(within_s):
            while not holds():  # noqa: ASYNC110 - a test looks from outside
                await asyncio.sleep(0.01)

    async def until_job(self, job_id: int | None, holds: Callable[[Any], bool], within_s: float = 20) -> None:
        async with asyncio.timeout(within_s):
            while not holds(await self.job(job_id)):  # noqa: ASYNC110 - a test looks from outside
                await asyncio.sleep(0.03)

    def process(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """A worker in a process of its own: tests/jobs/crashing_worker.py."""
        command = [sys.executable, str(Path(__file__).parent / "crashing_worker.py"), self.url, *arguments]
        process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL)
        self._processes.append(process)
        return process

    async def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        await self.db.close()
        await self.system.close()


@pytest.fixture
async def workshop(fresh_database_url: str) -> AsyncIterator[Workshop]:
    workshop = Workshop(fresh_database_url)
    yield workshop
    await workshop.close()
