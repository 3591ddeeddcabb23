"""Changing a password, and getting back in without one."""

from uuid import UUID, uuid4

from sqlalchemy import text, update

from app.accounts import one_time_links
from app.accounts.emails import normalized
from app.accounts.models import User, UserSession
from app.accounts.one_time_links import Purpose
from app.accounts.sessions import end_sessions
from app.accounts.sign_in import InvalidCredentials
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

    async def require(self, user_id: UUID, password: str, address: str) -> None:
        """Raises `InvalidCredentials`, `RateLimited`, `Overloaded`. Guessing is slowed down as it is at sign-in."""
        await self._throttle.admit(str(user_id), address)
        async with self._db.of(user_id) as session:
            user = await session.get_one(User, user_id)
        if not await self._hasher.verify(password, user.password_hash):
            raise InvalidCredentials("The password is wrong.")
        await self._throttle.succeeded(str(user_id), address)


class PasswordChange:
    def __init__(
        self, db: Database, hasher: PasswordHasher, check: PasswordCheck, clock: Clock, *, can_mail: bool
    ) -> None:
        self._db, self._hasher, self._check, self._clock, self._can_mail = db, hasher, check, clock, can_mail

    async def change(self, user_id: UUID, current: str, new: str, *, keep: UUID | None, address: str) -> None:
        """Set a new password and sign every session out but `keep`. Raises `InvalidCredentials`, `Invalid`."""
        await self._check.require(user_id, current, address)
        await self._set(user_id, new, Kind.PASSWORD_CHANGED, keep=keep, field="new")

    async def ask_for_reset(self, email: str) -> None:
        """Have a link mailed. Does the same work and says the same for an address nobody has. Raises `MailUnavailable`."""
        require(can_mail=self._can_mail)
        try:
            account = normalized(email)
        except Invalid:
            account = ""
        async with self._db.of_nobody() as session:
            found = (
                await session.execute(text("SELECT id FROM find_login(:email)"), {"email": account})
            ).scalar_one_or_none()
            args = {"user_id": str(found or uuid4()), "purpose": Purpose.RESET_PASSWORD.value}
            await enqueue(session, "accounts.send_link", args, once_while_waiting=f"reset:{args['user_id']}")

    async def reset(self, secret: str, new: str) -> None:
        """Set a new password with the secret of a mailed link, and sign out everywhere. Raises `LinkInvalid`, `Invalid`."""
        check_acceptable(new)
        async with self._db.of_nobody() as session:
            user_id = await one_time_links.owner_of(session, secret)
        await self._set(user_id, new, Kind.PASSWORD_RESET, keep=None, field="password", secret=secret)

    async def _set(
        self, user_id: UUID, new: str, kind: Kind, *, keep: UUID | None, field: str, secret: str | None = None
    ) -> None:
        check_acceptable(new, field=field)
        password_hash = await self._hasher.hash(new)
        now = self._clock.now()
        async with self._db.of(user_id) as session:
            if secret is not None:
                await one_time_links.use(session, user_id, secret, {Purpose.RESET_PASSWORD}, now)
            await session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))
            ended = await end_sessions(session, user_id, now, UserSession.id != (keep or uuid4()))
            actor = user_id if secret is None else None
            record(session, kind, user_id=user_id, at=now, actor_id=actor, sessions_ended=len(ended))
            await enqueue(session, "accounts.send_notice", {"user_id": str(user_id), "notice": "password_changed"})
