"""The process that runs jobs: procrastinate's worker, kept alive."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog
from procrastinate import App
from procrastinate.worker import Worker as ProcrastinateWorker

from app.jobs.claims import Claims
from app.jobs.connection import connector
from app.jobs.queue import QUEUE
from app.jobs.rescue import Rescue
from app.jobs.runner import runner
from app.jobs.schedule import CATCH_UP_S, Periodic
from app.jobs.tasks import Task

log = structlog.stdlib.get_logger()

RESTART_PAUSES_S = (0.2, 0.5, 1.0, 2.0)  # the last is repeated
CONNECT_S = 3
AFTER_DRAIN_S = 2  # for cancelled jobs to tidy up and be written back
UNUSED_S = 24 * 3600.0


class Worker:
    """Runs jobs in the current event loop, with no signal handlers of its own.

    `start` returns at once; from then on the worker is there until `stop`, whatever Postgres does. Several workers may
    run at the same time, in this process or in others. All times are seconds.
    """

    def __init__(
        self,
        database_url: str,
        tasks: Iterable[Task],
        *,
        periodic: Iterable[Periodic] = (),
        concurrency: int = 5,
        heartbeat_s: float = 10,
        stalled_after_s: float = 30,
        rescue_every_s: float = 10,
        poll_s: float = 1,
    ) -> None:
        self._database_url = database_url
        self._periodic = tuple(periodic)
        self._tasks = _by_name([*tasks, *(each.task for each in self._periodic)])
        self._concurrency = concurrency
        self._heartbeat_s, self._stalled_after_s = heartbeat_s, stalled_after_s
        self._rescue_every_s, self._poll_s = rescue_every_s, poll_s
        self._stopping = asyncio.Event()
        self._supervisor: asyncio.Task[None] | None = None
        self._worker: ProcrastinateWorker | None = None
        self._claims: Claims | None = None
        self.outcomes: Counter[tuple[str, str]] = Counter()  # (task, finished | retried | failed | lost | given_back)

    @property
    def healthy(self) -> bool:
        """Whether jobs are being taken right now: registered, and the database answered the last question."""
        return self._claims is not None and self._claims.worker_id is not None and self._claims.reachable

    @property
    def running(self) -> int:
        """How many jobs this worker is running."""
        return len(self._claims.running) if self._claims is not None else 0

    async def start(self) -> None:
        _hush_procrastinate()
        self._stopping.clear()
        self._supervisor = asyncio.create_task(self._supervise(), name="jobs")

    async def stop(self, drain_s: float) -> None:
        """Claim nothing more at once; let running jobs finish for `drain_s`, then cancel them and put them back in line.

        Returns within `drain_s` and four seconds, even when the database is away or a job refuses to be cancelled:
        what could not be written back is rescued by another worker, or by the next one.
        """
        self._stopping.set()
        if self._supervisor is None:
            return
        if self._claims is not None:
            self._claims.deadline = min(self._claims.deadline, time.monotonic() + drain_s + AFTER_DRAIN_S)
        if self._worker is not None:
            self._worker.shutdown_graceful_timeout = drain_s
            self._worker.stop()  # type: ignore[no-untyped-call]  # procrastinate leaves it without a type
        await asyncio.wait({self._supervisor}, timeout=drain_s + 2 * AFTER_DRAIN_S)
        if not self._supervisor.done():
            log.warning("worker_abandoned", running=self.running)

    async def _supervise(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            started_at = time.monotonic()
            try:
                await self._work()
                error = None
            except Exception as caught:  # noqa: BLE001 - the edge of the job runner: a living process keeps its worker
                error = type(caught).__name__
            if self._stopping.is_set():
                break
            failures = 0 if time.monotonic() - started_at > 60 else failures + 1
            pause_s = RESTART_PAUSES_S[min(failures, len(RESTART_PAUSES_S)) - 1]
            log.error("worker_died", error=error, pause_s=pause_s)
            await _either(self._stopping.wait(), asyncio.sleep(pause_s))
        log.info("worker_stopped")

    async def _work(self) -> None:
        """One life of a worker: from connecting to having drained."""
        connections = connector(self._database_url)
        self._claims = claims = Claims(connections, self._tasks, stalled_after_s=self._stalled_after_s)
        claims.outcomes = self.outcomes
        app = self._app(connections, claims)
        rescue = Rescue(claims, stalled_after_s=self._stalled_after_s)
        keepers: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(CONNECT_S):  # the pool itself would wait half a minute for a first connection
                await app.open_async()
            if self._stopping.is_set():
                return
            self._worker = self._procrastinate_worker(app)
            # These go on while the worker drains; procrastinate's own heartbeat would stop, and a drain that is longer
            # than the stalled time would have its jobs taken away.
            keepers = [
                asyncio.create_task(_every(self._heartbeat_s, claims.heartbeat)),
                asyncio.create_task(_every(self._rescue_every_s, rescue.run)),
            ]
            await self._worker.run()  # type: ignore[no-untyped-call]  # procrastinate leaves it without a type
        finally:
            self._worker, claims.worker_id = None, None
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
            await app.close_async()

    def _procrastinate_worker(self, app: App) -> ProcrastinateWorker:
        return ProcrastinateWorker(
            app,
            name=None,
            concurrency=self._concurrency,
            fetch_job_polling_interval=self._poll_s,
            abort_job_polling_interval=UNUSED_S,
            shutdown_graceful_timeout=self._stalled_after_s,
            install_signal_handlers=False,
            update_heartbeat_interval=UNUSED_S,
            stalled_worker_timeout=self._stalled_after_s,
        )

    def _app(self, connections: Any, claims: Claims) -> App:
        app = App(connector=connections, periodic_defaults={"max_delay": CATCH_UP_S})
        app.job_manager = claims
        ticking = {each.task.name: each.cron for each in self._periodic}
        for name, task in self._tasks.items():
            registered = app.task(name=name, queue=QUEUE, pass_context=True)(
                runner(task, claims, ticks=name in ticking)
            )
            if name in ticking:
                app.periodic(cron=ticking[name], queueing_lock=f"periodic:{name}")(registered)
        return app


def _by_name(tasks: list[Task]) -> dict[str, Task]:
    by_name = {task.name: task for task in tasks}
    if len(by_name) != len(tasks):
        raise ValueError("Two tasks have the same name.")
    return by_name


async def _every(pause_s: float, action: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await action()
        except Exception as error:  # noqa: BLE001 - the edge of the job runner: a keeper that dies keeps nothing
            log.warning("worker_keeper_failed", error=type(error).__name__)
        await asyncio.sleep(pause_s)


async def _either(*waits: Any) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


def _hush_procrastinate() -> None:
    """Its lines hold arguments and exception texts; ours tell the same events without them."""
    logger = logging.getLogger("procrastinate")
    logger.propagate = False
    if not any(isinstance(handler, logging.NullHandler) for handler in logger.handlers):
        logger.addHandler(logging.NullHandler())
