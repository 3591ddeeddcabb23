"""Rows of `approvals` to what they say, and back."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec

from app.assistant.approvals.models import Approval
from app.assistant.approvals.policy import Decision
from app.assistant.approvals.wanted import OpenApproval, Wanted
from app.kit.crypto import KeyRing, Place


async def sealed_row(keys: KeyRing, wanted: Wanted, user_id: UUID, run_id: UUID, now: datetime) -> dict[str, Any]:
    return {
        "id": wanted.id,
        "user_id": user_id,
        "run_id": run_id,
        "tool_call_id": wanted.tool_call_id,
        "interrupt_id": wanted.interrupt_id,
        "tool": wanted.tool,
        "action": wanted.action,
        "summary": await keys.seal(_place("summary", wanted.id), wanted.summary),
        "args": await keys.seal(_place("args", wanted.id), _json(wanted.args)),
        "expires_at": wanted.expires_at,
        "created_at": now,
    }


async def sealed_decision(keys: KeyRing, approval_id: UUID, decision: Decision, now: datetime) -> dict[str, Any]:
    """The columns a decision sets."""
    sealed: dict[str, Any] = {"decision": decision.kind, "decided_by": decision.by, "decided_at": now}
    if decision.args is not None:
        sealed["decided_args"] = await keys.seal(_place("decided_args", approval_id), _json(decision.args))
    if decision.reason is not None:
        sealed["reason"] = await keys.seal(_place("reason", approval_id), decision.reason)
    return sealed


async def revealed(keys: KeyRing, row: Approval, request_id: str) -> OpenApproval:
    return OpenApproval(
        id=row.id,
        interrupt_id=row.interrupt_id,
        tool_call_id=row.tool_call_id,
        tool=row.tool,
        action=row.action,
        summary=await keys.open(_place("summary", row.id), row.summary),
        args=msgspec.json.decode(await keys.open(_place("args", row.id), row.args)),
        expires_at=row.expires_at,
        run_id=row.run_id,
        request_id=request_id,
        user_id=row.user_id,
    )


async def revealed_decision(keys: KeyRing, row: Approval) -> Decision | None:
    """None while nobody has answered."""
    if row.decision is None:
        return None
    args, reason = None, None
    if row.decided_args is not None:
        args = msgspec.json.decode(await keys.open(_place("decided_args", row.id), row.decided_args))
    if row.reason is not None:
        reason = await keys.open(_place("reason", row.id), row.reason)
    return Decision(cast("Any", row.decision), args, reason, row.decided_by)


def _place(column: str, approval_id: UUID) -> Place:
    return Place("approvals", column, approval_id)


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()
