"""Opening a session: after registration, and after e-mail and password."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.emails import normalized
from app.accounts.models import RefreshToken, User, UserSession
from app.audit.record import Kind, record
from app.auth.access_tokens import AccessTokens
from app.auth.passwords import PasswordHasher
from app.auth.secrets import digest, new_secret
from app.auth.throttle import SignInThrottle
from app.errors import AdiuvaError, Forbidden, Invalid
from app.keys.vault import KeyVault
from app.kit.clock import Clock
from app.kit.crypto import KeyRing, Place
from app.kit.db import Database

REFRESH_LIFETIME = timedelta(days=30)
# Whom a failed sign-in to an unknown address is recorded for: it must cost the same write as one to a known address.
NOBODY = UUID(int=0)
_CLIENT_LENGTH = 200  # characters of a User-Agent worth keeping


class InvalidCredentials(AdiuvaError):
    status = 401
    code = "invalid_credentials"


class AccountDisabled(Forbidden):
    code = "account_disabled"


@dataclass(frozen=True)
class Origin:
    """Where a sign-in comes from."""

    address: str
    client: str


@dataclass(frozen=True)
class TokenPair:
    access_token: str
    refresh_token: str
    expires_at: int  # of the access token, in milliseconds


class SessionOpener:
    """Writes a new session and its first tokens, inside the caller's transaction."""

    def __init__(self, tokens: AccessTokens, clock: Clock) -> None:
        self._tokens, self._clock = tokens, clock

    async def open(self, session: AsyncSession, user_id: UUID, keys: KeyRing, origin: Origin) -> TokenPair:
        session_id, now = uuid4(), self._clock.now()
        session.add(
            UserSession(
                id=session_id,
                user_id=user_id,
                client=await keys.seal(Place("user_sessions", "client", session_id), origin.client[:_CLIENT_LENGTH]),
                address=await keys.seal(Place("user_sessions", "address", session_id), origin.address),
                created_at=now,
                last_used_at=now,
            )
        )
        await session.flush()
        return self.next_pair(session, user_id, session_id, parent_id=None)

    def next_pair(self, session: AsyncSession, user_id: UUID, session_id: UUID, *, parent_id: UUID | None) -> TokenPair:
        """The next link of the session's chain."""
        now, secret = self._clock.now(), new_secret()
        session.add(
            RefreshToken(
                id=uuid4(),
                user_id=user_id,
                session_id=session_id,
                parent_id=parent_id,
                token_hash=digest(secret),
                created_at=now,
                expires_at=now + REFRESH_LIFETIME,
            )
        )
        access_token, expires_at = self._tokens.issue(user_id, session_id)
        return TokenPair(access_token, secret, expires_at)


class SignIn:
    def __init__(
        self,
        db: Database,
        vault: KeyVault,
        hasher: PasswordHasher,
        throttle: SignInThrottle,
        opener: SessionOpener,
        clock: Clock,
    ) -> None:
        self._db, self._vault, self._hasher = db, vault, hasher
        self._throttle, self._opener, self._clock = throttle, opener, clock

    async def with_password(self, email: str, password: str, origin: Origin) -> TokenPair:
        """Open a session. Raises `InvalidCredentials` (unknown e-mail and wrong password alike: same words, same
        work), `AccountDisabled` (only to who knows the password), `RateLimited`, `Overloaded`."""
        account = _comparable(email)
        await self._throttle.admit(account, origin.address)
        async with self._db.of_nobody() as session:
            found = (await session.execute(text("SELECT * FROM find_login(:email)"), {"email": account})).one_or_none()
        # No transaction is open while the password is hashed.
        fits = await self._hasher.verify(password, found.password_hash if found else None)
        if found is None or not fits:
            await self._note_failure(found.id if found else NOBODY)
            raise InvalidCredentials("E-mail or password is wrong.")
        if found.disabled:
            raise AccountDisabled("This account is disabled. Ask an administrator.")
        await self._throttle.succeeded(account, origin.address)
        async with self._db.of(found.id) as session:
            await hold_verified(session, found.id, found.password_hash)
            keys = await self._vault.of(session, found.id)
            record(session, Kind.SIGNED_IN, user_id=found.id, at=self._clock.now(), actor_id=found.id)
            return await self._opener.open(session, found.id, keys, origin)

    async def _note_failure(self, user_id: UUID) -> None:
        async with self._db.of(user_id) as session:
            record(session, Kind.SIGN_IN_FAILED, user_id=user_id, at=self._clock.now(), actor_id=None)


async def hold_verified(session: AsyncSession, user_id: UUID, password_hash: str) -> None:
    """Make sure that the password just verified is still the account's, and that it stays so to the end of this
    transaction. Hashing takes its time: meanwhile the password may have been changed, or the account disabled or erased.
    Whoever does so after this waits, and then finds what was written here. Raises `InvalidCredentials`."""
    unchanged = (User.id == user_id) & (User.password_hash == password_hash) & User.disabled_at.is_(None)
    locked = select(User.id).where(unchanged).with_for_update(key_share=True)
    if await session.scalar(locked) is None:
        raise InvalidCredentials("E-mail or password is wrong.")


def _comparable(email: str) -> str:
    """What to look up; something that is no address is an unknown one, not an error of its own."""
    try:
        return normalized(email)
    except Invalid:
        return email.strip().lower()[:254]
