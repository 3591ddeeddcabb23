"""What the service keeps of a user's devices: that they exist, and what they were asked to change."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.keys.models import Sealed
from app.kit.db import Base


def _owner() -> Mapped[UUID]:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"))


class Device(Base):
    __tablename__ = "devices"
    __table_args__ = (UniqueConstraint("user_id", "device_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = _owner()
    device_id: Mapped[str]  # what the device calls itself: unique for its user only
    name: Mapped[bytes | None] = mapped_column(Sealed)  # what the user calls it
    about: Mapped[bytes] = mapped_column(Sealed)  # JSON of its hello: name, client, timezone
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ToolCallEntry(Base):
    """The ledger: a change a device was asked to make, written before it was asked."""

    __tablename__ = "tool_calls"
    __table_args__ = (
        CheckConstraint("action in ('insert', 'update', 'delete', 'vector_upsert')", name="action_changes_something"),
        CheckConstraint("state in ('pending', 'done', 'refused', 'malformed', 'unknown')", name="state_known"),
        CheckConstraint("(result is null) = (state in ('pending', 'unknown'))", name="result_when_answered"),
        Index("ix_tool_calls_pending", "user_id", "device_id", postgresql_where=text("state = 'pending'")),
        Index("ix_tool_calls_created_at", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    device_id: Mapped[str]
    action: Mapped[str]
    arguments: Mapped[bytes] = mapped_column(Sealed)  # JSON: the frame
    state: Mapped[str] = mapped_column(server_default="pending")
    result: Mapped[bytes | None] = mapped_column(Sealed)  # JSON: what the device answered
    attempts: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class SocketTicket(Base):
    """A one-time way into the socket, for clients that can only put things in the URL."""

    __tablename__ = "socket_tickets"

    ticket_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_sessions.id", ondelete="CASCADE"), index=True)
    api_key_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), index=True)
    device_id: Mapped[str]
    signed_in_at: Mapped[datetime]
    access_expires_at: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)
