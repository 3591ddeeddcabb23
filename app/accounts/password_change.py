"""Changing a password, and getting back in without one."""

from uuid import UUID, uuid4

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import one_time_links
from app.accounts.emails import normalized
from app.accounts.mail_allowance import MailAllowance
from app.accounts.models import User, UserSession
from app.accounts.one_time_links import Purpose
from app.accounts.sessions import end_sessions
from app.accounts.sign_in import InvalidCredentials, hold_verified
from app.audit.record import Kind, record
from app.auth.passwords import PasswordHasher, check_acceptable
from app.auth.throttle import SignInThrottle
from app.errors import Invalid
from app.jobs.queue import enqueue
from app.kit.clock import Clock
from app.kit.db import Database
from app.mail.port import require


class PasswordCheck:
    """Is it really the user at the keyboard? Asked again before what cannot be undone."""

    def __init__(self, db: Database, hasher: PasswordHasher, throttle: SignInThrottle) -> None:
        self._db, self._hasher, self._throttle = db, hasher, throttle

    async def require(self, user_id: UUID, password: str, address: str) -> str:
        """The hash that was verified, for `hold_verified`. Guessing is slowed down as it is at sign-in. Raises
        `InvalidCredentials`, `RateLimited`, `Overloaded`."""
        await self._throttle.admit(str(user_id), address)
        async with self._db.of(user_id) as session:
            stored = await session.scalar(select(User.password_hash).where(User.id == user_id))
        if not await self._hasher.verify(password, stored) or stored is None:
            raise InvalidCredentials("The password is wrong.")
        await self._throttle.succeeded(str(user_id), address)
        return stored


class PasswordChange:
    def __init__(
        self,
        db: Database,
        hasher: PasswordHasher,
        check: PasswordCheck,
        mails: MailAllowance,
        clock: Clock,
        *,
        can_mail: bool,
    ) -> None:
        self._db, self._hasher, self._check, self._mails = db, hasher, check, mails
        self._clock, self._can_mail = clock, can_mail

    async def change(self, user_id: UUID, current: str, new: str, *, keep: UUID | None, address: str) -> None:
        """Set a new password and sign every session out but `keep`. Raises `InvalidCredentials`, `Invalid`."""
        verified = await self._check.require(user_id, current, address)
        check_acceptable(new, field="new")
        new_hash = await self._hasher.hash(new)
        async with self._db.of(user_id) as session:
            await hold_verified(session, user_id, verified)
            await self._set(session, user_id, new_hash, Kind.PASSWORD_CHANGED, actor_id=user_id, keep=keep)

    async def ask_for_reset(self, email: str) -> None:
        """Have a link mailed. Does the same work and says the same for an address nobody has, and for one that
        has had enough mails this hour. Raises `MailUnavailable`."""
        require(can_mail=self._can_mail)
        try:
            account = normalized(email)
        except Invalid:
            account = ""
        allowed = await self._mails.spend(account)
        async with self._db.of_nobody() as session:
            found = (
                await session.execute(text("SELECT id FROM find_login(:email)"), {"email": account})
            ).scalar_one_or_none()
            owner = found if found is not None and allowed else uuid4()
            args = {"user_id": str(owner), "purpose": Purpose.RESET_PASSWORD.value}
            await enqueue(session, "accounts.send_link", args, once_while_waiting=f"reset:{args['user_id']}")

    async def reset(self, secret: str, new: str) -> None:
        """Set a new password with the secret of a mailed link, and sign out everywhere. Raises `LinkInvalid`, `Invalid`."""
        check_acceptable(new)
        async with self._db.of_nobody() as session:
            user_id = await one_time_links.owner_of(session, secret)
        new_hash = await self._hasher.hash(new)
        async with self._db.of(user_id) as session:
            await one_time_links.use(session, user_id, secret, {Purpose.RESET_PASSWORD}, self._clock.now())
            await self._set(session, user_id, new_hash, Kind.PASSWORD_RESET, actor_id=None, keep=None)

    async def _set(
        self,
        session: AsyncSession,
        user_id: UUID,
        password_hash: str,
        kind: Kind,
        *,
        actor_id: UUID | None,
        keep: UUID | None,
    ) -> None:
        now = self._clock.now()
        await session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))
        # Who had the old password, or the mailbox, may have asked for these.
        await one_time_links.withdraw(session, user_id, {Purpose.RESET_PASSWORD, Purpose.CHANGE_EMAIL})
        ended = await end_sessions(session, user_id, now, UserSession.id != (keep or uuid4()))
        record(session, kind, user_id=user_id, at=now, actor_id=actor_id, sessions_ended=len(ended))
        await enqueue(session, "accounts.send_notice", {"user_id": str(user_id), "notice": "password_changed"})
