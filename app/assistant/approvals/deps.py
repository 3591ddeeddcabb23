from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from app.assistant.approvals.asking import Asking
from app.assistant.approvals.store import Approvals, PausedTurns, Policies


@dataclass(frozen=True)
class ApprovalServices:
    approvals: Approvals
    policies: Policies
    paused: PausedTurns
    asking: Asking


def services(request: Request) -> ApprovalServices:
    return cast("ApprovalServices", request.app.state.approvals)


ApprovalDeps = Annotated[ApprovalServices, Depends(services)]
