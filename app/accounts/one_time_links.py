"""Links in mails that prove an address or reset a password: one secret, one purpose, once, for a while.

The secret is made by the job that sends the mail, so it stands in no queue; the database keeps its SHA-256. It travels
in the link's fragment, so it reaches no server's log.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import OneTimeToken, User
from app.auth.secrets import digest, new_secret
from app.errors import BadRequest


class Purpose(StrEnum):
    VERIFY_EMAIL = "verify_email"
    CHANGE_EMAIL = "change_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose


LIFETIMES = {
    Purpose.VERIFY_EMAIL: timedelta(days=3),
    Purpose.CHANGE_EMAIL: timedelta(days=1),
    Purpose.RESET_PASSWORD: timedelta(hours=1),
}


class LinkInvalid(BadRequest):
    code = "invalid_link"

    def __init__(self) -> None:
        super().__init__("This link is not valid any more. Ask for a new one.")


@dataclass(frozen=True)
class UsedLink:
    id: UUID
    user_id: UUID
    purpose: Purpose
    new_email: bytes | None  # sealed


async def issue(session: AsyncSession, user_id: UUID, purpose: Purpose, now: datetime) -> str:
    """A fresh secret for the user and purpose; one that was sent before stops working. Keeps a waiting new address."""
    secret = new_secret()
    fresh = {"token_hash": digest(secret), "expires_at": now + LIFETIMES[purpose]}
    statement = insert(OneTimeToken).values(id=uuid4(), user_id=user_id, purpose=purpose.value, **fresh)
    await session.execute(statement.on_conflict_do_update(index_elements=["user_id", "purpose"], set_=fresh))
    return secret


async def owner_of(session: AsyncSession, secret: str) -> UUID:
    """Whose link this is; asked before the user is known. Raises `LinkInvalid`."""
    found = (
        await session.execute(text("SELECT user_id FROM find_one_time_token(:hash)"), {"hash": digest(secret)})
    ).scalar_one_or_none()
    if found is None:
        raise LinkInvalid
    return UUID(str(found))


async def use(session: AsyncSession, user_id: UUID, secret: str, purposes: set[Purpose], now: datetime) -> UsedLink:
    """Use the link up: of two at once, one gets it. The user's row is locked to the end of the transaction, before the
    link's, in the order everyone else takes them. Raises `LinkInvalid`."""
    await session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
    statement = (
        delete(OneTimeToken)
        .where(
            OneTimeToken.user_id == user_id,
            OneTimeToken.token_hash == digest(secret),
            OneTimeToken.purpose.in_([purpose.value for purpose in purposes]),
            OneTimeToken.expires_at > now,
        )
        .returning(OneTimeToken.id, OneTimeToken.purpose, OneTimeToken.new_email)
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise LinkInvalid
    return UsedLink(row.id, user_id, Purpose(row.purpose), row.new_email)


async def withdraw(session: AsyncSession, user_id: UUID, purposes: set[Purpose]) -> None:
    """Links of these purposes stop working."""
    names = [purpose.value for purpose in purposes]
    await session.execute(delete(OneTimeToken).where(OneTimeToken.user_id == user_id, OneTimeToken.purpose.in_(names)))
