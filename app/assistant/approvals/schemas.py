"""What crosses HTTP about approvals."""

from typing import Any, Literal

from pydantic import Field, field_validator

from app.assistant.approvals.policy import Decision, Policy, Rule
from app.assistant.approvals.wanted import OpenApproval
from app.devices.frames import MAX_REASON
from app.devices.schemas import sendable
from app.kit.clock import to_ms
from app.kit.schema import Answer, Body, Ms

BY_API = "api"


class PolicyBody(Body):
    """All three, each `ask`, `allow` or `deny`."""

    insert: Rule = Field(examples=["allow"])
    update: Rule = Field(examples=["allow"])
    delete: Rule = Field(examples=["ask"])

    def policy(self) -> Policy:
        return Policy(self.insert, self.update, self.delete)


class PolicyAnswer(Answer):
    insert: Rule = Field(examples=["allow"])
    update: Rule = Field(examples=["allow"])
    delete: Rule = Field(examples=["ask"])

    @classmethod
    def of(cls, policy: Policy) -> "PolicyAnswer":
        return cls(insert=policy.insert, update=policy.update, delete=policy.delete)


class ApprovalAnswer(Answer):
    id: str = Field(examples=["8f6f0a9e-3f43-4d1c-9f4e-2b7d3b1a0c55"])
    request_id: str = Field(description="Of the turn that waits.", examples=["r-17"])
    tool: str = Field(examples=["delete_task"])
    action: str = Field(description="`insert`, `update` or `delete`.", examples=["delete"])
    summary: str = Field(description="The question, in a sentence.", examples=["Delete the task “Buy milk”"])
    args: dict[str, Any] = Field(
        description="What the tool would be called with.",
        examples=[{"task_id": "5db1c54c-1e17-436d-9fda-4eda63740320"}],
    )
    expires_at: Ms

    @classmethod
    def of(cls, approval: OpenApproval) -> "ApprovalAnswer":
        return cls(
            id=str(approval.id),
            request_id=approval.request_id,
            tool=approval.tool,
            action=approval.action,
            summary=approval.summary,
            args=approval.args,
            expires_at=to_ms(approval.expires_at),
        )


class DecisionBody(Body):
    decision: Literal["approve", "edit", "reject"] = Field(examples=["approve"])
    args: dict[str, Any] | None = Field(
        default=None, description="With `edit`: the arguments to use instead, all of them.", examples=[None]
    )
    reason: str | None = Field(
        default=None, max_length=MAX_REASON, description="Told to the assistant.", examples=["I still need it."]
    )

    @field_validator("args", mode="before")
    @classmethod
    def _can_be_sent(cls, value: Any) -> Any:
        return sendable(value)

    @field_validator("reason")
    @classmethod
    def _is_text(cls, value: str | None) -> str | None:
        return None if value is None else str(sendable(value))

    def given(self) -> Decision:
        return Decision(self.decision, self.args, self.reason, by=BY_API)


class DecidedAnswer(Answer):
    id: str = Field(examples=["8f6f0a9e-3f43-4d1c-9f4e-2b7d3b1a0c55"])
    request_id: str = Field(examples=["r-17"])
    decision: Literal["approve", "edit", "reject"] = Field(examples=["approve"])
