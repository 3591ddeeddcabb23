"""A person, and the ways they prove who they are.

Secrets are stored as hashes only: passwords as argon2id, tokens and API keys (256 random bits, so no stretching is
needed) as SHA-256.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.keys.models import Sealed
from app.kit.db import Base


def _owner() -> Mapped[UUID]:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)


class User(Base):
    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("tier in ('free', 'pro', 'power', 'team')", name="tier_known"),
        # An account being erased gives its address back at once: e-mail and password are empty from then on.
        CheckConstraint("(email is null) = (password_hash is null)", name="email_with_password"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    tier: Mapped[str] = mapped_column(server_default="free")
    is_admin: Mapped[bool] = mapped_column(server_default=text("false"))
    email_verified_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class UserSession(Base):
    """One place the user is signed in: a family of refresh tokens and the access tokens made from them."""

    __tablename__ = "user_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = _owner()
    client: Mapped[bytes] = mapped_column(Sealed)  # the User-Agent it was opened with
    address: Mapped[bytes] = mapped_column(Sealed)  # the network address it was opened from
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RefreshToken(Base):
    """One link in a session's chain. A token is used once; `spent_at` remembers it so that a replay is noticed."""

    __tablename__ = "refresh_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = _owner()
    session_id: Mapped[UUID] = mapped_column(ForeignKey("user_sessions.id", ondelete="CASCADE"), index=True)
    parent_id: Mapped[UUID | None] = mapped_column(index=True)  # the token this one was given out for
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    spent_at: Mapped[datetime | None]


class OneTimeToken(Base):
    """The secret of a link in a mail: works once, for one purpose, for a while. The newest of a purpose is the only one."""

    __tablename__ = "one_time_tokens"
    __table_args__ = (
        CheckConstraint("purpose in ('verify_email', 'change_email', 'reset_password')", name="purpose_known"),
        Index("uq_one_time_tokens_user_id_purpose", "user_id", "purpose", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = _owner()
    purpose: Mapped[str]
    new_email: Mapped[bytes | None] = mapped_column(Sealed)  # change_email: the address to be
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class ApiKey(Base):
    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = _owner()
    name: Mapped[bytes] = mapped_column(Sealed)
    scopes: Mapped[list[str]]
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    hint: Mapped[str]  # the last four characters, so that a person can tell keys apart
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
