"""Administrators' side of background work: `/admin/jobs`."""

from dataclasses import dataclass
from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from pydantic import Field

from app.auth.deps import CurrentAdmin
from app.edge.documented import errors
from app.jobs.administration import JobAdministration, Retried
from app.jobs.overview import AllJobs, JobView
from app.kit.clock import to_ms
from app.kit.pages import Page, Paging
from app.kit.schema import Answer, Ms

router = APIRouter(prefix="/admin/jobs", tags=["admin"])

JobId = Annotated[int, Path(ge=1, le=2**63 - 1)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        description="The same key within 24 hours gives the same answer and runs once.",
    ),
]


class JobAnswer(Answer):
    id: int
    task: str = Field(examples=["accounts.send_link"])
    status: Literal["waiting", "running", "failed"]
    attempts: int = Field(description="Attempts that have ended.", examples=[8])
    user_id: UUID | None = Field(description="Whose work it is, if anybody's.")
    error: str | None = Field(
        description="Code or class of the last failure; never its text.", examples=["mail_unavailable"]
    )
    queued_at: Ms | None
    scheduled_at: Ms | None = Field(description="When the next attempt is due.")


@dataclass(frozen=True)
class JobServices:
    all: AllJobs
    administration: JobAdministration


def services(request: Request) -> JobServices:
    return cast("JobServices", request.app.state.jobs)


Jobs = Annotated[JobServices, Depends(services)]


@router.get("", summary="Background work that waits, runs or failed", responses=errors())
async def list_jobs(
    _admin: CurrentAdmin,
    jobs: Jobs,
    paging: Paging,
    status: Annotated[Literal["waiting", "running", "failed"] | None, Query()] = None,
) -> Page[JobAnswer]:
    """Newest first. Work that is done leaves the list."""
    rows, total = await jobs.all.list(status, paging.page, paging.limit)
    return Page(items=[_answer(row) for row in rows], total=total, page=paging.page, limit=paging.limit)


@router.post(
    "/{id}/retry",
    summary="Try a failed job again",
    responses=errors({404: "`not_found`", 409: "The job has not failed (`job_not_failed`)."}),
)
async def retry_job(
    id: JobId,  # noqa: A002 - the path's name for it
    admin: CurrentAdmin,
    jobs: Jobs,
    idempotency_key: IdempotencyKey = None,
) -> Retried:
    """Puts it back in line, at once and with all its attempts."""
    return await jobs.administration.retry(id, by=admin.user_id, idempotency_key=idempotency_key)


def _answer(row: JobView) -> JobAnswer:
    return JobAnswer(
        id=row.id,
        task=row.task,
        status=row.status,
        attempts=row.attempts,
        user_id=UUID(row.user_id) if row.user_id else None,
        error=row.error,
        queued_at=row.queued_at and to_ms(row.queued_at),
        scheduled_at=row.scheduled_at and to_ms(row.scheduled_at),
    )
