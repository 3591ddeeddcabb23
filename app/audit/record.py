"""Writing down who did what, in the transaction that does it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.audit.models import AuditEntry


class Kind(StrEnum):
    REGISTERED = "registered"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    TOKEN_REUSED = "token_reused"  # noqa: S105 - an audit kind
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an audit kind
    PASSWORD_RESET = "password_reset"  # noqa: S105 - an audit kind
    EMAIL_CHANGED = "email_changed"
    EMAIL_VERIFIED = "email_verified"
    API_KEY_CREATED = "api_key_created"
    API_KEY_REVOKED = "api_key_revoked"
    EXPORTED = "exported"
    ERASURE_BEGUN = "erasure_begun"
    ERASED = "erased"
    CHANGED_BY_ADMIN = "changed_by_admin"
    JOB_RETRIED = "job_retried"
    DEVICE_REVOKED = "device_revoked"
    APPROVAL_ANSWERED = "approval_answered"


def record(
    session: AsyncSession,
    kind: Kind,
    *,
    user_id: UUID,
    at: datetime,
    actor_id: UUID | None,
    **facts: str | int | bool | list[str],
) -> None:
    """Add an entry; it is kept exactly when the transaction is. Facts are ids, codes and counts, never content."""
    session.add(AuditEntry(id=uuid4(), user_id=user_id, actor_id=actor_id, kind=kind.value, facts=dict(facts), at=at))


async def forget_failed_sign_ins(session: AsyncSession, *, before: datetime) -> None:
    """Strangers write these, as many as they like; after a while they tell nobody anything. For the nightly purge."""
    old = (AuditEntry.kind == Kind.SIGN_IN_FAILED.value) & (AuditEntry.at < before)
    await session.execute(delete(AuditEntry).where(old))
