"""What the service keeps of conversations: threads, the runs behind their turns, and what was said and done in them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.keys.models import Sealed
from app.kit.db import Base

_IS_LIVE = text("status in ('running', 'waiting')")
_IS_LEASED = (
    "case status when 'running' then lease_until is not null when 'waiting' then true else lease_until is null end"
)


def _belongs_to(owner: str, *, index: bool = False) -> Mapped[UUID]:
    return mapped_column(ForeignKey(f"{owner}.id", ondelete="CASCADE"), index=index)


def _position() -> Mapped[int]:
    """The order in which rows were written, whatever the clocks of several processes say."""
    return mapped_column(BigInteger, Identity())


class Thread(Base):
    __tablename__ = "threads"
    __table_args__ = (Index(None, "user_id", "updated_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = _belongs_to("users")
    title: Mapped[bytes | None] = mapped_column(Sealed)
    archived: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]  # when something was last said; a rename is not activity
    message_count: Mapped[int] = mapped_column(server_default="0")  # events of the type `message`


class Run(Base):
    """The row of a turn. It is `running` while some process holds its lease, `waiting` while an approval is open; whoever
    waits for the answer has a lease as well, and it may be nobody."""

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("user_id", "request_id"),
        CheckConstraint("length(request_id) between 1 and 128", name="request_id_length"),
        CheckConstraint("kind in ('home', 'floating')", name="kind_known"),
        CheckConstraint("status in ('running', 'waiting', 'completed', 'cancelled', 'failed')", name="status_known"),
        CheckConstraint("(ended_at is null) = (status in ('running', 'waiting'))", name="ended_when_over"),
        CheckConstraint(_IS_LEASED, name="leased_while_running"),
        Index(None, "thread_id", "position"),
        Index("ix_runs_live", "user_id", postgresql_where=_IS_LIVE),
        Index("ix_runs_live_of_owner", "owner", postgresql_where=_IS_LIVE),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = _belongs_to("users")
    thread_id: Mapped[UUID] = _belongs_to("threads")
    position: Mapped[int] = _position()
    request_id: Mapped[str]  # the client's choice: unique for its user only
    kind: Mapped[str]
    request_hash: Mapped[bytes | None]  # SHA-256 of the whole request, to tell a repeat from another under the same id
    device_id: Mapped[str | None]  # who sent it, when a device did
    session_id: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default="running")
    error_code: Mapped[str | None]
    response: Mapped[bytes | None] = mapped_column(Sealed)
    mutations: Mapped[bytes | None] = mapped_column(Sealed)  # JSON list
    transcript: Mapped[bytes | None] = mapped_column(Sealed)  # JSON list of messages: what a model sees of it later
    transcript_tokens: Mapped[int] = mapped_column(server_default="0")
    input_tokens: Mapped[int] = mapped_column(server_default="0")
    output_tokens: Mapped[int] = mapped_column(server_default="0")
    reserved_tokens: Mapped[int] = mapped_column(BigInteger, server_default="0")
    cancel_requested: Mapped[bool] = mapped_column(server_default=text("false"))
    owner: Mapped[UUID | None]  # the process that runs it, or waits for it
    lease_until: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(
        server_default="1"
    )  # how often it was taken up: the fence against older owners
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ThreadEvent(Base):
    __tablename__ = "thread_events"
    __table_args__ = (
        CheckConstraint("type in ('message', 'tool.call', 'tool.result')", name="type_known"),
        CheckConstraint("actor in ('user', 'assistant', 'tool', 'system')", name="actor_known"),
        Index(None, "thread_id", "position"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = _belongs_to("users", index=True)
    thread_id: Mapped[UUID] = _belongs_to("threads")
    run_id: Mapped[UUID] = _belongs_to("runs", index=True)
    position: Mapped[int] = _position()
    type: Mapped[str]
    actor: Mapped[str]
    content: Mapped[bytes] = mapped_column(Sealed)  # JSON: text of a message, or what was called and what came back
    created_at: Mapped[datetime]
