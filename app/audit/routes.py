from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from app.audit.overview import AuditTrail
from app.auth.deps import CurrentAdmin
from app.edge.documented import errors
from app.kit.clock import to_ms
from app.kit.pages import Page, Paging
from app.kit.schema import Answer, Ms

router = APIRouter(prefix="/admin/audit", tags=["admin"])


class AuditAnswer(Answer):
    id: UUID
    user_id: UUID = Field(description="Whose account. All zeros: a failed sign-in to an address nobody has.")
    actor_id: UUID | None = Field(description="Who did it; null when the service or an unknown person did.")
    kind: str = Field(examples=["signed_in"])
    facts: dict[str, Any] = Field(description="Ids, codes and counts; never content.")
    at: Ms


def trail(request: Request) -> AuditTrail:
    return cast("AuditTrail", request.app.state.audit)


@router.get("", summary="Who did what", responses=errors())
async def audit(
    _admin: CurrentAdmin,
    trail: Annotated[AuditTrail, Depends(trail)],
    paging: Paging,
    user_id: Annotated[UUID | None, Query(description="Only entries about this account.")] = None,
) -> Page[AuditAnswer]:
    """Sign-ins, revocations, changes by administrators, erasures; newest first."""
    entries, total = await trail.entries(user_id, offset=paging.offset, limit=paging.limit)
    items = [
        AuditAnswer(id=e.id, user_id=e.user_id, actor_id=e.actor_id, kind=e.kind, facts=e.facts, at=to_ms(e.at))
        for e in entries
    ]
    return Page(items=items, total=total, page=paging.page, limit=paging.limit)
