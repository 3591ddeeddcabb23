from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from app.kit.db import Base


class Sealed(TypeDecorator[bytes]):
    """A column of sealed text (`app.kit.crypto`). Loading a row never opens it: that is an explicit call naming the key."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None or isinstance(value, bytes):
            return value
        raise TypeError("A sealed column takes sealed bytes; seal the text first.")


class UserKey(Base):
    """One version of a user's data key, wrapped by a master key that is never in the database."""

    __tablename__ = "user_keys"
    __table_args__ = (CheckConstraint("version >= 1", name="version_from_one"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    master_key_id: Mapped[str] = mapped_column(index=True)
    wrapped_key: Mapped[bytes]
    created_at: Mapped[datetime]
