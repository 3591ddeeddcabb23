from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base


class AuditEntry(Base):
    """Who did what to whose account. Ids, codes and counts only, never content; it outlives the account."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_user_id_at", "user_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]  # whose account; no foreign key, since an erasure must stay on record
    actor_id: Mapped[UUID | None]  # who did it; none when the service did
    kind: Mapped[str]
    facts: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(index=True)
