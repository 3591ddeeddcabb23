"""The worker's only way to the table of jobs: procrastinate's `JobManager`, made to hold under faults.

procrastinate's worker dies with the first statement the database does not answer, forgets jobs whose end it could not
write, and ends jobs that are no longer its own. All it says to the database goes through this class, so it is here that
questions wait for Postgres to come back, that an end is written until it is written, and that only the holder of a claim
may end a job.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString, TypeVar

import structlog
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager, NotificationCallback

from app.jobs.statements import DONE, HEARTBEAT, NOT_DONE
from app.jobs.tasks import Failure, Retry, Task
from app.kit.measures import JOBS

log = structlog.stdlib.get_logger()

T = TypeVar("T")
PAUSES_S = (0.1, 0.3, 1.0, 2.0)  # the last is repeated
NO_SUCH_TASK = Failure("TaskNotFound")  # an older process while a newer one is rolled out: worth another attempt


@dataclass(frozen=True)
class Claim:
    """One attempt at one job by one worker. Rescuing the job, or retrying it, makes a claim void."""

    id: int
    task: str
    attempts: int  # before this one
    worker_id: int | None

    @property
    def fence(self) -> dict[str, int | None]:
        return {"id": self.id, "attempts": self.attempts, "worker_id": self.worker_id}


class Claims(JobManager):
    def __init__(self, connector: BaseConnector, tasks: Mapping[str, Task], *, stalled_after_s: float) -> None:
        super().__init__(connector)
        self._tasks, self._stalled_after_s = tasks, stalled_after_s
        self._beaten_at = 0.0
        self._failures: dict[int, Failure] = {}
        self._started_at: dict[int, float] = {}
        self._heard = 0
        self.worker_id: int | None = None
        self.reachable = False
        self.deadline = float("inf")  # of time.monotonic(): after it, nothing is insisted on any more
        self.outcomes: Counter[tuple[str, str]] = Counter()  # by task and outcome

    @property
    def running(self) -> set[int]:
        return set(self._started_at)

    def note(self, job_id: int, failure: Failure) -> None:
        """Why the attempt at this job failed; procrastinate itself only says that it did."""
        self._failures[job_id] = failure

    def retry_of(self, task: str) -> Retry:
        return self._tasks[task].retry if task in self._tasks else Retry()

    async def register_worker(self) -> int:
        self.worker_id = await super().register_worker()
        self.reachable, self._beaten_at = True, time.monotonic()
        log.info("worker_started", worker_id=self.worker_id)
        return self.worker_id

    async def unregister_worker(self, worker_id: int) -> None:
        """Best effort: a row left behind only makes the worker look dead a little later."""
        self.worker_id = None
        await self.attempt(lambda: super(Claims, self).unregister_worker(worker_id))

    async def heartbeat(self) -> None:
        if self.worker_id is not None:
            await self.attempt(lambda: self.connector.execute_query_async(HEARTBEAT, worker_id=self.worker_id))
            if self.reachable:
                self._beaten_at = time.monotonic()

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """Looks again when news came while it looked: the worker forgets such news, and would wait for the next poll.

        After a silence (an outage, a blocked event loop) the heartbeat goes first: a job claimed by a worker that looks
        dead would be taken away at once.
        """
        if time.monotonic() - self._beaten_at > self._stalled_after_s / 2:
            await self.heartbeat()
        while True:
            heard = self._heard
            job = await self.attempt(lambda: super(Claims, self).fetch_job(queues, worker_id))
            if job is not None and job.id is not None:
                self._started_at[job.id] = time.monotonic()
            if job is not None or heard == self._heard or not self.reachable:
                return job

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        async def hear(*, channel: str, notification: Any) -> None:
            self._heard += 1
            await on_notification(channel=channel, notification=notification)

        while True:
            await self.attempt(lambda: super(Claims, self).listen_for_jobs(on_notification=hear, queues=queues))
            await asyncio.sleep(PAUSES_S[-1])

    async def defer_periodic_job(self, job: Job, periodic_id: str, defer_timestamp: int) -> int | None:
        return await self._insist(lambda: super(Claims, self).defer_periodic_job(job, periodic_id, defer_timestamp))

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:  # noqa: ARG002, FBT001 - its signature
        """Called by the worker for every end of an attempt, good or bad: what follows is decided here."""
        assert job.id is not None
        claim = Claim(job.id, job.task_name, job.attempts, job.worker_id)
        try:
            if status is Status.SUCCEEDED:
                await self._succeed(claim)
            elif status is Status.ABORTED:
                await self._give_back(claim)
            else:
                await self.fail(claim, self._failures.get(job.id, NO_SUCH_TASK))
        except ConnectorException as error:  # only after the deadline; whoever rescues stalled jobs will take it
            log.warning("job_abandoned", job_id=claim.id, task=claim.task, error=_cause(error))
        finally:
            self._failures.pop(job.id, None)
            self._started_at.pop(job.id, None)

    async def _succeed(self, claim: Claim) -> None:
        if await self._write(DONE, claim.fence):
            self._tell("job_finished", claim)
        else:
            self._tell("job_lost", claim)

    async def _give_back(self, claim: Claim) -> None:
        """Cut short by a shutdown: nothing was wrong with the job, so this does not count as an attempt."""
        written = await self._write_not_done(claim, "todo", tried=claim.attempts, pause_s=None, failure=None)
        self._tell("job_given_back" if written else "job_lost", claim)

    async def fail(self, claim: Claim, failure: Failure, *, rescued: bool = False) -> None:
        """Count the attempt, and put the job back in line or, after the last, aside.

        A rescued job is put back with no pause, and nothing is told when it was no longer there to be rescued.
        """
        pause_s = None if failure.final else self.retry_of(claim.task).pause_after(claim.attempts + 1)
        status = "failed" if pause_s is None else "todo"
        pause_s = None if rescued else pause_s
        written = await self._write_not_done(claim, status, tried=claim.attempts + 1, pause_s=pause_s, failure=failure)
        if rescued and not written:
            return
        event = {"failed": "job_failed", "todo": "job_retried"}[status] if written else "job_lost"
        self._tell(event, claim, error=failure.error, code=failure.code, where=failure.where, pause_s=pause_s)

    async def _write_not_done(
        self, claim: Claim, status: str, *, tried: int, pause_s: float | None, failure: Failure | None
    ) -> bool:
        values = {"status": status, "tried": tried, "pause_s": pause_s}
        reason = {"failure": failure and failure.error, "failure_code": failure and failure.code}
        return await self._write(NOT_DONE, {**claim.fence, **values, **reason})

    async def _write(self, statement: LiteralString, values: Mapping[str, Any]) -> bool:
        """Whether the claim still stood. A repeat after a lost answer finds it gone, which changes nothing."""
        return bool(await self._insist(lambda: self.connector.execute_query_all_async(statement, **values)))

    async def attempt(self, question: Callable[[], Awaitable[T]]) -> T | None:
        """The answer, or None when there was none: whoever asks will ask again."""
        try:
            answer = await question()
        except ConnectorException as error:
            self._lost(error)
            return None
        self.reachable = True
        return answer

    async def _insist(self, question: Callable[[], Awaitable[T]]) -> T:
        """Ask until answered. Also settles the race for a `once_while_waiting` name: the repeat sees who won."""
        repeats = 0
        while True:
            try:
                answer = await question()
            except ConnectorException as error:
                self._lost(error)
                if time.monotonic() > self.deadline:
                    raise
                await asyncio.sleep(PAUSES_S[min(repeats, len(PAUSES_S) - 1)])
                repeats += 1
            else:
                self.reachable = True
                return answer

    def _lost(self, error: ConnectorException) -> None:
        if self.reachable:
            log.warning("jobs_database_lost", error=_cause(error))
        self.reachable = False

    def _tell(self, event: str, claim: Claim, **facts: str | float | None) -> None:
        outcome = event.removeprefix("job_")
        self.outcomes[claim.task, outcome] += 1
        JOBS.labels(claim.task, outcome).inc()
        started_at = self._started_at.get(claim.id)
        duration_ms = None if started_at is None else round((time.monotonic() - started_at) * 1000)
        facts = {name: fact for name, fact in (facts | {"duration_ms": duration_ms}).items() if fact is not None}
        log.info(event, job_id=claim.id, task=claim.task, attempt=claim.attempts + 1, **facts)


def _cause(error: BaseException) -> str:
    return type(error.__cause__ or error).__name__
