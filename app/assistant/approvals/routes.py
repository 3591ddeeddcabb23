"""Approvals over HTTP, for clients that hold no socket, and the policy that says what is asked at all."""

from uuid import UUID

from fastapi import APIRouter

from app.assistant.approvals.deps import ApprovalDeps
from app.assistant.approvals.schemas import ApprovalAnswer, DecidedAnswer, DecisionBody, PolicyAnswer, PolicyBody
from app.auth.deps import ChatCaller, CurrentUser, TurnReader
from app.edge.documented import errors
from app.kit.pages import Page, Paging

router = APIRouter(tags=["chat"])


@router.get("/chat/approval-policy", summary="What the assistant asks before it does it", responses=errors())
async def get_policy(caller: TurnReader, services: ApprovalDeps) -> PolicyAnswer:
    """For each kind of change: `ask` you first, `allow` it, or `deny` it. What deletes something asks unless you say
    otherwise."""
    return PolicyAnswer.of(await services.policies.of(caller.user_id))


@router.put("/chat/approval-policy", summary="Set what the assistant asks", responses=errors())
async def set_policy(body: PolicyBody, caller: CurrentUser, services: ApprovalDeps) -> PolicyAnswer:
    """All three at once; it holds from your next turn on. A person decides this, not an API key."""
    return PolicyAnswer.of(await services.policies.set(caller.user_id, body.policy()))


@router.get("/approvals", summary="What waits for your answer", responses=errors())
async def list_approvals(caller: TurnReader, services: ApprovalDeps, paging: Paging) -> Page[ApprovalAnswer]:
    """Open approvals, oldest first. Connected devices are told of them by `approval_request`."""
    found = await services.approvals.open_of(caller.user_id)
    shown = found[paging.offset : paging.offset + paging.limit]
    items = [ApprovalAnswer.of(each) for each in shown]
    return Page(items=items, total=len(found), page=paging.page, limit=paging.limit)


@router.post(
    "/approvals/{id}",
    summary="Approve, change or reject",
    responses=errors({404: "`not_found`", 409: "`already_resolved`: answered before, expired, or its turn has ended."}),
)
async def answer_approval(
    id: UUID,  # noqa: A002 - the path's name
    body: DecisionBody,
    caller: ChatCaller,
    services: ApprovalDeps,
) -> DecidedAnswer:
    """The first answer wins, wherever it is given. `edit` has the change made with `args` instead of what was asked;
    `reject` tells the assistant your `reason`, and the turn goes on without the change."""
    answered = await services.approvals.resolve(caller.user_id, id, body.given())
    return DecidedAnswer(id=str(answered.id), request_id=answered.request_id, decision=body.decision)
