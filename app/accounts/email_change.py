"""Proving an e-mail address, and moving to another one."""

from uuid import UUID, uuid4

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import one_time_links
from app.accounts.emails import normalized
from app.accounts.mail_allowance import MailAllowance
from app.accounts.models import OneTimeToken, User
from app.accounts.one_time_links import LIFETIMES, Purpose
from app.accounts.password_change import PasswordCheck
from app.accounts.registration import EmailTaken
from app.accounts.sign_in import hold_verified
from app.audit.record import Kind, record
from app.auth.secrets import digest, new_secret
from app.errors import Conflict
from app.jobs.queue import enqueue
from app.keys.vault import KeyVault
from app.kit.clock import Clock
from app.kit.crypto import Place
from app.kit.db import Database
from app.mail.port import require


class AlreadyVerified(Conflict):
    code = "already_verified"


class EmailChange:
    def __init__(
        self,
        db: Database,
        vault: KeyVault,
        check: PasswordCheck,
        mails: MailAllowance,
        clock: Clock,
        *,
        can_mail: bool,
    ) -> None:
        self._db, self._vault, self._check, self._mails = db, vault, check, mails
        self._clock, self._can_mail = clock, can_mail

    async def ask(self, user_id: UUID, new_email: str, password: str, address: str) -> None:
        """Mail a link to the new address and tell the old one. Raises `EmailTaken`, `InvalidCredentials`,
        `Invalid`, `RateLimited`, `MailUnavailable`."""
        require(can_mail=self._can_mail)
        email = normalized(new_email)
        verified = await self._check.require(user_id, password, address)
        await self._mails.require(str(user_id))
        await self._mails.require(email)  # somebody else's mailbox, for all the service knows
        async with self._db.of(user_id) as session:
            await hold_verified(session, user_id, verified)
            taken = (
                await session.execute(text("SELECT id FROM find_login(:email)"), {"email": email})
            ).scalar_one_or_none()
            if taken is not None:
                raise EmailTaken("There is an account with this e-mail already.")
            await self._remember(session, user_id, email)
            await enqueue(
                session,
                "accounts.send_link",
                {"user_id": str(user_id), "purpose": Purpose.CHANGE_EMAIL.value},
            )
            await enqueue(session, "accounts.send_notice", {"user_id": str(user_id), "notice": "email_change_asked"})

    async def _remember(self, session: AsyncSession, user_id: UUID, email: str) -> None:
        """Keep the address to be, sealed, with a secret nobody knows: the job that sends the mail makes the real one."""
        row_id, keys = uuid4(), await self._vault.of(session, user_id)
        waiting = {
            "id": row_id,
            "new_email": await keys.seal(Place("one_time_tokens", "new_email", row_id), email),
            "token_hash": digest(new_secret()),
            "expires_at": self._clock.now() + LIFETIMES[Purpose.CHANGE_EMAIL],
        }
        statement = insert(OneTimeToken).values(user_id=user_id, purpose=Purpose.CHANGE_EMAIL.value, **waiting)
        await session.execute(statement.on_conflict_do_update(index_elements=["user_id", "purpose"], set_=waiting))

    async def resend(self, user_id: UUID) -> None:
        """Mail the link that proves the present address again. Raises `AlreadyVerified`,
        `RateLimited`, `MailUnavailable`."""
        require(can_mail=self._can_mail)
        async with self._db.of(user_id) as session:
            verified_at = await session.scalar(select(User.email_verified_at).where(User.id == user_id))
            if verified_at is not None:
                raise AlreadyVerified("This e-mail address is verified already.")
            await self._mails.require(str(user_id))
            args = {"user_id": str(user_id), "purpose": Purpose.VERIFY_EMAIL.value}
            await enqueue(session, "accounts.send_link", args, once_while_waiting=f"verify:{user_id}")

    async def confirm(self, secret: str) -> None:
        """Take the proof a mailed link carries. Raises `LinkInvalid`, `EmailTaken` (somebody was faster)."""
        async with self._db.of_nobody() as session:
            user_id = await one_time_links.owner_of(session, secret)
        try:
            await self._confirm(user_id, secret)
        except IntegrityError as error:
            if "uq_users_email" in str(error.orig):
                raise EmailTaken("There is an account with this e-mail already.") from None
            raise

    async def _confirm(self, user_id: UUID, secret: str) -> None:
        now = self._clock.now()
        async with self._db.of(user_id) as session:
            link = await one_time_links.use(session, user_id, secret, {Purpose.VERIFY_EMAIL, Purpose.CHANGE_EMAIL}, now)
            values: dict[str, object] = {"email_verified_at": now}
            kind = Kind.EMAIL_VERIFIED
            if link.new_email is not None:
                keys = await self._vault.of(session, user_id)
                values["email"] = await keys.open(Place("one_time_tokens", "new_email", link.id), link.new_email)
                kind = Kind.EMAIL_CHANGED
                # A link still under way to the old address proves nothing about the new one.
                await one_time_links.withdraw(session, user_id, set(Purpose))
            await session.execute(update(User).where(User.id == user_id).values(**values))
            record(session, kind, user_id=user_id, at=now, actor_id=user_id)
