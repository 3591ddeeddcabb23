"""What a turn asks its user, the turn that waits for the answer, and what needs no asking."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.keys.models import Sealed
from app.kit.db import Base


def _of_user() -> Mapped[UUID]:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)


class Approval(Base):
    """A change that is made only if the user says so. Without `decision`: nobody has answered yet."""

    __tablename__ = "approvals"
    __table_args__ = (
        CheckConstraint("action in ('insert', 'update', 'delete')", name="action_known"),
        CheckConstraint("decision in ('approve', 'edit', 'reject', 'expired')", name="decision_known"),
        CheckConstraint("(decision is null) = (decided_at is null)", name="decided_with_time"),
        CheckConstraint("(decided_args is null) = (decision is distinct from 'edit')", name="args_of_edits_only"),
        Index("ix_approvals_open", "user_id", postgresql_where=text("decision is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = _of_user()
    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), index=True)
    tool_call_id: Mapped[str]
    interrupt_id: Mapped[str]  # where the graph goes on
    tool: Mapped[str]
    action: Mapped[str]
    summary: Mapped[bytes] = mapped_column(Sealed)  # the question, in a sentence
    args: Mapped[bytes] = mapped_column(Sealed)  # JSON: what the model wants to do
    decision: Mapped[str | None]
    decided_args: Mapped[bytes | None] = mapped_column(Sealed)  # JSON: what the user wants done instead
    reason: Mapped[bytes | None] = mapped_column(Sealed)
    decided_by: Mapped[str | None]  # a device_id, or "api"
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class PausedTurn(Base):
    """A turn that waits: what any process needs to go on with it."""

    __tablename__ = "paused_turns"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = _of_user()
    state: Mapped[bytes] = mapped_column(Sealed)  # bytes of the turn's own making
    created_at: Mapped[datetime]


class ApprovalPolicy(Base):
    """The user's standing answer to each kind of change; without a row the defaults hold."""

    __tablename__ = "approval_policies"
    __table_args__ = tuple(
        CheckConstraint(f"\"{rule}\" in ('ask', 'allow', 'deny')", name=f"{rule}_known")
        for rule in ("insert", "update", "delete")
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    insert: Mapped[str]
    update: Mapped[str]
    delete: Mapped[str]
