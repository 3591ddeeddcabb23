"""What is remembered of a user: one row to a memory, whichever its tier; what it was before; and where it comes from."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import BIT, HALFVEC
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.keys.models import Sealed
from app.kit.db import Base

DIMENSIONS = 1536


def _of_user(*, primary_key: bool = False, index: bool = False) -> Mapped[UUID]:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=primary_key, index=index)


def _of_memory(*, index: bool = False) -> Mapped[UUID]:
    return mapped_column(ForeignKey("memories.id", ondelete="CASCADE"), primary_key=True, index=index)


class Memory(Base):
    """`payload` is JSON, by tier: core {"key", "value"}; associative {"content", "entity_type", "entity_id"}; episodic
    {"summary", "notes": [{"run_id", "text"}], "began"}; proactive {"content", "source"}."""

    __tablename__ = "memories"
    __table_args__ = (
        CheckConstraint("tier in ('core', 'associative', 'episodic', 'proactive')", name="tier_known"),
        CheckConstraint(
            "written_by in ('user', 'assistant', 'extractor', 'summary', 'reflection')", name="written_by_known"
        ),
        CheckConstraint("(tier = 'proactive') = (confidence is not null)", name="confidence_of_patterns"),
        CheckConstraint("confidence between 0 and 1", name="confidence_bounded"),
        CheckConstraint("slot is not null or tier not in ('core', 'episodic')", name="slot_of_core_and_episodic"),
        Index(None, "user_id", "tier", "updated_at"),
        Index("ix_memories_slot", "user_id", "tier", "slot", unique=True, postgresql_where=text("slot is not null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = _of_user()
    tier: Mapped[str]
    slot: Mapped[bytes | None]  # keyed hash of what there is one memory of: a core key, a session
    payload: Mapped[bytes] = mapped_column(Sealed)
    size: Mapped[int]  # bytes of what a turn is told of it
    confidence: Mapped[float | None]
    pinned: Mapped[bool] = mapped_column(server_default=text("false"))
    mentions: Mapped[int] = mapped_column(server_default="1")  # how often it was said, or shown to be so
    written_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]  # when its content last changed
    used_at: Mapped[datetime]  # when it was last written, said again or asked for


class MemoryVector(Base):
    """The embedding after the user's secret rotation (`app.memory.rotation`)."""

    __tablename__ = "memory_vectors"

    memory_id: Mapped[UUID] = _of_memory()
    user_id: Mapped[UUID] = _of_user(index=True)
    embedding: Mapped[Any] = mapped_column(HALFVEC(DIMENSIONS))


class MemoryBits(Base):
    """The signs of the rotated embedding: all of a user's are read for a search, from the index alone."""

    __tablename__ = "memory_bits"
    __table_args__ = (
        Index("ix_memory_bits_search", "user_id", "space", "tier", postgresql_include=["memory_id", "bits"]),
    )

    memory_id: Mapped[UUID] = _of_memory()
    user_id: Mapped[UUID] = _of_user()
    space: Mapped[int]  # which embedding model made the vector: those of two cannot be compared
    tier: Mapped[str]
    bits: Mapped[Any] = mapped_column(BIT(DIMENSIONS))


class MemoryVersion(Base):
    """What a memory said before: its history."""

    __tablename__ = "memory_versions"
    __table_args__ = (
        CheckConstraint("why in ('corrected', 'replaced', 'merged')", name="why_known"),
        Index(None, "memory_id", "replaced_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = _of_user(index=True)
    memory_id: Mapped[UUID] = mapped_column(ForeignKey("memories.id", ondelete="CASCADE"))
    payload: Mapped[bytes] = mapped_column(Sealed)  # as in `memories`
    written_by: Mapped[str]
    why: Mapped[str]  # it was replaced
    valid_from: Mapped[datetime]
    replaced_at: Mapped[datetime]


class MemoryTurn(Base):
    """A turn in which a memory was said. The turn may be gone with its thread; the memory stays."""

    __tablename__ = "memory_turns"
    __table_args__ = (Index(None, "user_id", "run_id"),)

    memory_id: Mapped[UUID] = _of_memory()
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = _of_user()
    at: Mapped[datetime]


class MemoryEvidence(Base):
    """A memory that was derived from another: a pattern from the episodes that show it."""

    __tablename__ = "memory_evidence"

    memory_id: Mapped[UUID] = _of_memory()
    evidence_id: Mapped[UUID] = _of_memory(index=True)
    user_id: Mapped[UUID] = _of_user(index=True)


class MemorySettings(Base):
    """No row: memory is on. The row is also the lock that all writers of a user's memory take."""

    __tablename__ = "memory_settings"

    user_id: Mapped[UUID] = _of_user(primary_key=True)
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    reflected_at: Mapped[datetime | None]  # up to which episode patterns have been looked for


class MemoryStruck(Base):
    """What was forgotten or corrected, for a while (`app.memory.striking`)."""

    __tablename__ = "memory_struck"

    user_id: Mapped[UUID] = _of_user(primary_key=True)
    name: Mapped[bytes] = mapped_column(primary_key=True)  # a keyed hash
    struck_at: Mapped[datetime] = mapped_column(index=True)


class InboxEntry(Base):
    """A turn that has ended and is not remembered yet: written with its end, deleted with what is remembered of it."""

    __tablename__ = "memory_inbox"
    __table_args__ = (Index(None, "user_id", "position"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = _of_user()
    position: Mapped[int] = mapped_column(BigInteger, Identity())
    said: Mapped[bytes] = mapped_column(Sealed)  # JSON: `app.memory.inbox.Said`
    created_at: Mapped[datetime]
