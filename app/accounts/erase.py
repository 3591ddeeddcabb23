"""Erasing an account: the keys first, then everything else.

The request destroys every version of the data key and ends every session, in one transaction. From that commit on,
whatever is left of the user anywhere (rows, backups of the database, replicas) is ciphertext without a key. A durable
job then deletes the rows and mails a receipt; killed at any point, it goes on until it is done, and leaves one receipt.
"""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Table, delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import ApiKey, OneTimeToken, User, UserSession
from app.accounts.password_change import PasswordCheck
from app.accounts.sign_in import hold_verified
from app.audit.record import Kind, record
from app.errors import NotAuthenticated
from app.jobs.overview import forget_user
from app.jobs.queue import enqueue
from app.keys.models import UserKey
from app.keys.vault import KeyVault
from app.kit.clock import Clock
from app.kit.crypto import fernet_for
from app.kit.db import Base, Database
from app.kit.system_db import SystemDatabase

# Who did what stays on record after an erasure; it holds ids and codes, no content.
KEPT = {"audit_entries"}


@dataclass(frozen=True)
class ErasureBegun:
    data_keys_destroyed: int
    sessions_ended: int


class ReceiptAddress:
    """Where the receipt goes, sealed: the account's own key is gone by then, and a job's arguments can be seen."""

    def __init__(self, secret: str) -> None:
        self._fernet = fernet_for(b"erasure receipt", secret)

    def seal(self, email: str) -> str:
        return self._fernet.encrypt(email.encode()).decode()

    def open(self, sealed: str) -> str:
        return self._fernet.decrypt(sealed).decode()


class Erasure:
    """The first half: in the user's request."""

    def __init__(
        self, db: Database, vault: KeyVault, check: PasswordCheck, clock: Clock, receipts: ReceiptAddress | None
    ) -> None:
        """`receipts` is None where no mail can be sent."""
        self._db, self._vault, self._check, self._clock, self._receipts = db, vault, check, clock, receipts

    async def begin(self, user_id: UUID, password: str, address: str) -> ErasureBegun:
        """Destroy the keys, sign out everywhere, give the e-mail address back. Raises `InvalidCredentials`."""
        verified = await self._check.require(user_id, password, address)
        async with self._db.of(user_id) as session:
            await hold_verified(session, user_id, verified)  # so that of two at once one goes on, and knows the e-mail
            user = await session.get_one(User, user_id)
            if user.email is None:
                raise NotAuthenticated("This account is being erased already.")
            receipt_to = self._receipts.seal(user.email) if self._receipts else ""
            begun = ErasureBegun(
                await _deleted(session, UserKey.__table__, UserKey.user_id == user_id),
                await _deleted(session, UserSession.__table__, UserSession.user_id == user_id),
            )
            await _deleted(session, ApiKey.__table__, ApiKey.user_id == user_id)
            await _deleted(session, OneTimeToken.__table__, OneTimeToken.user_id == user_id)
            await session.execute(update(User).where(User.id == user_id).values(email=None, password_hash=None))
            record(session, Kind.ERASURE_BEGUN, user_id=user_id, at=self._clock.now(), actor_id=user_id)
            await enqueue(session, "accounts.finish_erasure", {"user_id": str(user_id), "receipt_to": receipt_to})
        self._vault.forget(user_id)
        return begun


class ErasureFinish:
    """The second half: in a job, with the system's rights, since it removes what the request role may not."""

    def __init__(self, system: SystemDatabase, clock: Clock) -> None:
        self._system, self._clock = system, clock

    async def finish(self, user_id: UUID, receipt_to: str, job_id: int) -> None:
        """Delete every row of the user, count them, and have the receipt mailed. Once done, doing it again does nothing."""
        async with self._system.begin() as session:
            user = await session.get(User, user_id, with_for_update=True)
            if user is None or user.email is not None:
                return  # done already; or never begun by its owner, and a job alone erases nobody
            counted = {
                table.name: await _deleted(session, table, table.c.user_id == user_id) for table in owned_tables()
            }
            counted["jobs"] = await forget_user(session, user_id, but=job_id)
            counted["users"] = await _deleted(session, User.__table__, User.id == user_id)
            receipt = {name: count for name, count in counted.items() if count}
            record(session, Kind.ERASED, user_id=user_id, at=self._clock.now(), actor_id=None, **receipt)
            if receipt_to:
                args: dict[str, str | int] = {"receipt_to": receipt_to, "records": sum(receipt.values())}
                await enqueue(session, "accounts.send_receipt", args)


def owned_tables() -> list[Table]:
    """Every table with rows of users, children before their parents; a later feature's table is among them by itself."""
    return [table for table in reversed(Base.metadata.sorted_tables) if "user_id" in table.c and table.name not in KEPT]


async def _deleted(session: AsyncSession, table: Any, condition: Any) -> int:
    result = cast("CursorResult[Any]", await session.execute(delete(table).where(condition)))
    return result.rowcount
