"""What administrators do with background work: an action of theirs is on record, and a repeat of it does nothing."""

from uuid import UUID

from pydantic import Field

from app.audit.record import Kind, record
from app.idempotency.keep import Idempotency
from app.jobs.overview import retry
from app.kit.clock import Clock
from app.kit.schema import Answer
from app.kit.system_db import SystemDatabase


class Retried(Answer):
    id: int = Field(examples=[17])
    status: str = Field(default="waiting", examples=["waiting"])


class JobAdministration:
    def __init__(self, system: SystemDatabase, idempotency: Idempotency, clock: Clock) -> None:
        self._system, self._idempotency, self._clock = system, idempotency, clock

    async def retry(self, job_id: int, *, by: UUID, idempotency_key: str | None) -> Retried:
        """Put a failed job back in line. Raises `NotFound`, `JobNotFailed`, `KeyReused`."""
        async with self._system.begin() as session:

            async def put_back() -> Retried:
                await retry(session, job_id)
                record(session, Kind.JOB_RETRIED, user_id=by, at=self._clock.now(), actor_id=by, job_id=job_id)
                return Retried(id=job_id)

            request = f"POST /admin/jobs/{job_id}/retry"
            return await self._idempotency.once(session, by, idempotency_key, request, Retried, put_back)
