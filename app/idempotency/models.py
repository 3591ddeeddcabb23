from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.keys.models import Sealed
from app.kit.db import Base


class KeptAnswer(Base):
    """The answer to a write that named an Idempotency-Key, kept for a day so that a repeat gets the same one."""

    __tablename__ = "kept_answers"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]  # SHA-256 of method, path and body
    body: Mapped[bytes | None] = mapped_column(Sealed)
    created_at: Mapped[datetime] = mapped_column(index=True)
